import { ArgumentError } from "../../../core/errors.js";
import { missingPackage } from "../../../core/missing-package.js";
import type { Graph } from "./graph.js";
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, IR_VERSIONS, MESSAGES } from "./schema.js";
import type { Attribute, OnnxNode, Value } from "./value.js";

/** Protocol buffers cannot be longer. */
const MOST_BYTES = 2 ** 31 - 1;

/** What stands in a file about where it comes from. */
export interface Producer {
  name: string;
  version: string;
}

/** A graph that is ready to be written. */
export interface Content {
  name: string;
  inputs: readonly Value[];
  outputs: readonly Value[];
  nodes: readonly OnnxNode[];
  initializers: readonly Value[];
}

type Packages = typeof import("@bufbuild/protobuf") & typeof import("@bufbuild/protobuf/wkt");

/** The schema of a model file, made when it is first needed. */
let schema: ReturnType<typeof schemaOf> | null = null;

/** Loads the package that writes protocol buffers. */
export async function loadProtobuf(operation: string): Promise<Packages> {
  try {
    // Each awaited here: bundlers let a package be missing that is.
    const protobuf = await import("@bufbuild/protobuf");
    const wkt = await import("@bufbuild/protobuf/wkt");
    return { ...protobuf, ...wkt };
  } catch (error) {
    throw missingPackage(operation, "@bufbuild/protobuf", error);
  }
}

/** The bytes of a model file. */
export function encodeModel(packages: Packages, graph: Graph, content: Content, producer: Producer): Uint8Array {
  const bytes = content.initializers.reduce((sum, { data }) => sum + data!.byteLength, 0);
  if (bytes > MOST_BYTES) {
    throw new ArgumentError(
      `exportOnnx: the constants of the model take ${bytes} bytes; expected at most ${MOST_BYTES}, which a protocol buffer can hold`,
    );
  }
  const { create, toBinary } = packages;
  schema ??= schemaOf(packages);
  return toBinary(
    schema,
    create(schema, {
      irVersion: BigInt(IR_VERSIONS.get(graph.opset)!),
      producerName: producer.name,
      producerVersion: producer.version,
      opsetImport: [{ domain: "", version: BigInt(graph.opset) }],
      graph: {
        name: content.name,
        node: content.nodes.map(nodeMessage),
        initializer: content.initializers.map((value) => ({
          dims: value.shapes[0]!.map(BigInt),
          dataType: ELEMENT_TYPES[value.type],
          name: value.name,
          rawData: value.data!.bytes(),
        })),
        input: content.inputs.map((value) => infoMessage(graph, value)),
        output: content.outputs.map((value) => infoMessage(graph, value)),
      },
    } as Record<string, unknown>),
  );
}

function nodeMessage({ op, name, inputs, outputs, attributes }: OnnxNode): object {
  return {
    input: inputs.map((value) => value?.name ?? ""),
    output: outputs.map((value) => value?.name ?? ""),
    name,
    opType: op,
    attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeFields(value) })),
  };
}

function attributeFields(value: Attribute): object {
  const text = (s: string) => new TextEncoder().encode(s);
  if (typeof value === "number") return { i: BigInt(value), type: ATTRIBUTE_TYPES.int };
  if (typeof value === "string") return { s: text(value), type: ATTRIBUTE_TYPES.string };
  if ("float" in value) return { f: value.float, type: ATTRIBUTE_TYPES.float };
  if (value.some((item) => typeof item === "string")) {
    return { strings: value.map((item) => text(String(item))), type: ATTRIBUTE_TYPES.strings };
  }
  return { ints: value.map(BigInt), type: ATTRIBUTE_TYPES.ints };
}

/** The type of an input or output, with names for the lengths that may differ. */
function infoMessage(graph: Graph, value: Value): object {
  const dim = graph.lengthsOf(value).map((lengths) => {
    const text = graph.sizes.text(lengths);
    if (text === null) return {};
    return typeof text === "number" ? { dimValue: BigInt(text) } : { dimParam: text };
  });
  return { name: value.name, type: { tensorType: { elemType: ELEMENT_TYPES[value.type], shape: { dim } } } };
}

/** @internal The schema of a model file. */
export function schemaOf({ create, createFileRegistry, FileDescriptorProtoSchema }: Packages) {
  const scalars: Readonly<Record<string, number>> = { float: 2, int64: 3, int32: 5, string: 9, bytes: 12 };
  const file = create(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, [number, type, repeated]]) => ({
        name: field,
        number,
        label: repeated === undefined ? 1 : 3,
        ...(type in scalars ? { type: scalars[type]! } : { type: 11, typeName: `.onnx.${type}` }),
      })),
    })),
  });
  return createFileRegistry(file, () => undefined).getMessage("onnx.ModelProto")!;
}
