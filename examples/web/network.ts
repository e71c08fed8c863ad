import { array, constant, grad, graph, type NDArray, noGrad, type Operand, type Variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { type Digits, PIXELS, SIDE } from "./digits.js";
import { FILTER_SIDE, FILTERS } from "./sizes.js";

/** Two convolutions and a classifier: images (N, 28, 28, 1) to logits (N, 10). */
export function makeNetwork(): nn.Sequential {
  const network = new nn.Sequential(
    new nn.Conv2D({ outCh: FILTERS, kernelShape: FILTER_SIDE, actFn: "relu" }),
    new nn.Pool2D({ kernelShape: 2, stride: 2 }),
    new nn.Conv2D({ outCh: 16, kernelShape: 5, actFn: "relu" }),
    new nn.Pool2D({ kernelShape: 2, stride: 2 }),
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 10 }),
  );
  // The first call tells the layers the sizes of their inputs.
  noGrad(() => network.forward(asImages(new Uint8Array(PIXELS))));
  return network;
}

/** Bytes as images (N, 28, 28, 1) with values from 0, paper, to 1, ink. */
export function asImages(pixels: Uint8Array): NDArray {
  const values = Float32Array.from(pixels, (ink) => ink / 255);
  return array(values).reshape([pixels.length / PIXELS, SIDE, SIDE, 1]);
}

/** Images and what they show. */
export interface Examples {
  x: NDArray;
  t: NDArray;
}

export function asExamples({ pixels, labels }: Digits): Examples {
  return { x: asImages(pixels), t: array(Int32Array.from(labels)) };
}

export function lossOf(network: nn.Sequential, x: Operand, t: NDArray): Variable {
  return F.softmaxCrossEntropy(network.forward(x), t);
}

/** The digits that the network reads in images. */
export function read(network: nn.Sequential, x: NDArray): Uint8Array {
  return noGrad(() => Uint8Array.from(F.argmax(network.forward(x), { axis: 1 }).data.toTypedArray()));
}

/** What the network makes of one image: the probabilities of the ten digits, and what each filter of the first layer answers. */
export function look(network: nn.Sequential, image: NDArray): { probabilities: Float32Array; answers: Float32Array } {
  return noGrad(() => ({
    probabilities: floats(F.softmax(network.forward(image), { axis: 1 })),
    answers: floats(F.transpose(network.layers[0]!.forward(image), [0, 3, 1, 2])),
  }));
}

/** The filters of the first layer, one after the other. */
export function filtersOf(network: nn.Sequential): Float32Array {
  return noGrad(() => floats(F.transpose(network.parameters()[0]!, [3, 2, 0, 1])));
}

/** The graph behind the loss of some examples; with gradients, also that behind the gradient of the first filters. */
export async function drawGraph(network: nn.Sequential, { x, t }: Examples, gradients: boolean) {
  const loss = lossOf(network, constant(x, { name: "images" }), t);
  loss.name = "loss";
  const ends = [loss];
  if (gradients) {
    const [filters] = network.parameters();
    const [gradient] = grad(loss, [filters!], { createGraph: true });
    gradient!.name = "gradient of 0.W";
    ends.push(gradient!);
  }
  const picture = graph(ends, { names: network.namedParameters() });
  return { svg: await picture.toSvg(), functions: picture.functions, variables: picture.variables };
}

function floats(x: Variable): Float32Array {
  return Float32Array.from(x.data.toTypedArray());
}
