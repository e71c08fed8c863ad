import "../core/backward.js";
import { registerLayer } from "./config.js";
import { Conv2D } from "./layers/conv2d.js";
import { Dropout } from "./layers/dropout.js";
import { Flatten } from "./layers/flatten.js";
import { FullyConnected } from "./layers/fully-connected.js";
import { Pool2D } from "./layers/pool2d.js";
import { Sequential } from "./layers/sequential.js";

for (const [name, layer] of Object.entries({ Conv2D, Dropout, Flatten, FullyConnected, Pool2D, Sequential })) {
  registerLayer(name, layer);
}

export { type ActivationFunction, type ActivationSpec, registerActivation } from "./activations.js";
export {
  fromConfig,
  type Hyperparameters,
  type Json,
  type LayerClass,
  type LayerConfig,
  registerLayer,
} from "./config.js";
export { DataLoader, type DataLoaderOptions } from "./data/loader.js";
export { type MinibatchOptions, minibatch } from "./data/minibatch.js";
export {
  calculateFan,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerOptions,
  stdNormal,
  truncatedNormal,
  truncNormal,
} from "./initializers.js";
export { Layer, type StateDict, type UnaryLayer } from "./layer.js";
export type { Conv2DOptions } from "./layers/conv2d.js";
export type { DropoutOptions } from "./layers/dropout.js";
export type { FlattenOptions } from "./layers/flatten.js";
export type { FullyConnectedOptions } from "./layers/fully-connected.js";
export type { Pool2DOptions } from "./layers/pool2d.js";
export { Buffer, type FloatDType, LazyParameter, type ShapePattern } from "./state.js";
export { Conv2D, Dropout, Flatten, FullyConnected, Pool2D, Sequential };
