/*
 * The part of ONNX's protocol buffers that a model file here is made of, as its specification numbers the fields
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

/** A field: its number, its type (a scalar of protocol buffers or a message below), and whether it is a list. */
type Field = readonly [number: number, type: string, repeated?: "repeated"];

/** Messages by name, with their fields by name. */
export const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    producer_version: [3, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto", "repeated"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    ints: [8, "int64", "repeated"],
    strings: [9, "bytes", "repeated"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64", "repeated"],
    data_type: [2, "int32"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
  },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensor_type: [1, "TensorTypeProto"] },
  TensorTypeProto: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto", "repeated"] },
  DimensionProto: { dim_value: [1, "int64"], dim_param: [2, "string"] },
};

/** What the specification numbers element types as; `int64` is what shapes and positions are. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** The element type of a tensor in a file. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** The types of attributes. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7, strings: 8 } as const;

/** The version of the format that goes with each version of the operator set. */
export const IR_VERSIONS: ReadonlyMap<number, number> = new Map([
  [17, 8],
  [18, 8],
  [19, 9],
  [20, 9],
  [21, 10],
]);
