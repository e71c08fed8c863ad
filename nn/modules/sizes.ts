import type { FloatDType } from "../../core/dtype.js";
import { Parameter } from "../../core/variable.js";
import type { Layer } from "../layer.js";
import { Conv2D, type Conv2DOptions } from "../layers/conv2d.js";
import { FullyConnected, type FullyConnectedOptions } from "../layers/fully-connected.js";
import { Buffer, LazyParameter, type StateEntry } from "../state.js";

/*
 * The layers of a module whose sizes the first input tells. They have their parameters from the start, with as much of the
 * shapes as is known, and get the values of all at once from a second module that is made with the sizes: so all are drawn in
 * the same order as when the sizes are given, and nothing has changed when an initializer fails.
 */

/** The number of inputs and outputs, or of channels; null for what is not known. */
export type Sizes = readonly [inputs: number | null, outputs: number | null];

/** A FullyConnected in a module: with values when the module is `sized`, else waiting for them. */
export function dense(sized: boolean, sizes: Sizes, options: Omit<FullyConnectedOptions, "nIn" | "nOut">) {
  const [nIn, nOut] = sizes;
  const layer = new FullyConnected({ ...options, nIn: sized ? nIn : null, nOut: nOut ?? 1 });
  return sized ? layer : waiting(layer, sizes);
}

/** A Conv2D in a module: with values when the module is `sized`, else waiting for them. */
export function convolution(sized: boolean, sizes: Sizes, options: Omit<Conv2DOptions, "inCh" | "outCh">) {
  const [inCh, outCh] = sizes;
  const layer = new Conv2D({ ...options, inCh: sized ? inCh : null, outCh: outCh ?? 1 });
  return sized ? layer : waiting(layer, sizes);
}

/** Puts parameters of the sizes in the place of the layer's own. */
function waiting<L extends FullyConnected | Conv2D>(layer: L, [inputs, outputs]: Sizes): L {
  const { W, b } = layer;
  const dtype = W.dtype as FloatDType;
  return Object.assign(layer, {
    W: new LazyParameter("W", [...W.pattern.slice(0, -2), inputs, outputs], dtype),
    b: b === null ? null : new LazyParameter("b", [outputs], dtype),
  });
}

/** The sizes of a layer of a module, as far as they are known. */
export function sizesOf({ W }: FullyConnected | Conv2D): Sizes {
  return (W.initialized ? W.shape : W.pattern).slice(-2) as unknown as Sizes;
}

/** Gives the parameters and buffers of `module` that have no values yet those of `twin`, a module of its kind with all sizes. */
export function initializeAs(module: Layer, twin: Layer): void {
  const layers = new Map<string, object>(module.namedLayers());
  for (const [name, drawn] of twin.namedLayers()) {
    // By the layers' properties rather than their parameters, since a wrapper may have put something else in a parameter's place.
    const layer = layers.get(name) as Readonly<Record<string, StateEntry | undefined>> | undefined;
    for (const [key, value] of Object.entries(drawn)) {
      const isEntry = value instanceof Parameter || value instanceof Buffer;
      if (isEntry && layer?.[key]?.initialized === false) layer[key].initialize(value.data);
    }
  }
}
