import { inspect } from "node:util";
import { noGrad, Parameter, type Variable, variable, zeros } from "../../core/index.js";
import { Buffer, Conv2D, Flatten, FullyConnected, Layer, Sequential } from "../../nn/index.js";

test("names, last output shapes, own parameters and totals; what is shared counts once", () => {
  class Model extends Layer {
    readonly body = new Sequential(new Conv2D({ outCh: 2, kernelShape: 3, inCh: 1 }), new Flatten());
    readonly head = new FullyConnected({ nOut: 1000 });
    readonly tied = this.head;
    override forward(x: Variable): { y: Variable; hidden: Variable } {
      const hidden = this.body.forward(x);
      return { y: this.head.forward(hidden), hidden };
    }
  }
  const model = new Model();
  model.body.freeze();
  expect(model.summary()).toBe(
    [
      "Layer                  Output  Shapes                  Parameters",
      "-------------------------------------------------------------------------",
      "Model                  -                                        0",
      "  body Sequential      -                                        0",
      "    body.0 Conv2D      -       W (3, 3, 1, 2)  b (2,)          20  frozen",
      "    body.1 Flatten     -                                        0",
      "  head FullyConnected  -       W (?, 1000)  b (1000,)           ?",
      "-------------------------------------------------------------------------",
      "Parameters: 20 + ? (trainable: ?, frozen: 20)",
    ].join("\n"),
  );
  noGrad(() => model.forward(variable(zeros([2, 4, 4, 1]))));
  model.head.b!.requiresGrad = false;
  expect(model.summary()).toBe(
    [
      "Layer                  Output            Shapes                  Parameters",
      "------------------------------------------------------------------------------------------",
      "Model                  (2, 1000) (2, 8)                                   0",
      "  body Sequential      (2, 8)                                             0",
      "    body.0 Conv2D      (2, 2, 2, 2)      W (3, 3, 1, 2)  b (2,)          20  frozen",
      "    body.1 Flatten     (2, 8)                                             0",
      "  head FullyConnected  (2, 1000)         W (8, 1000)  b (1000,)       9,000  partly frozen",
      "------------------------------------------------------------------------------------------",
      "Parameters: 9,020 (trainable: 8,000, frozen: 1,020)",
    ].join("\n"),
  );
  expect(model.outputShapes).toEqual([
    [2, 1000],
    [2, 8],
  ]);
});

test("many parameters go on in further lines; buffers are in the totals; parameters of the layer itself keep their names", () => {
  class Wide extends Layer {
    readonly weights = [3, 4, 5].map((n) => new Parameter(zeros([10, n]), `W${n}`));
    readonly mean = new Buffer("mean", [7]);
    readonly open = new Parameter(null, "open");
    override forward(): void {}
  }
  const layer = new Wide();
  layer.mean.initialize(zeros([7]));
  expect(layer.summary()).toBe(
    [
      "Layer  Output  Shapes                                Parameters",
      "---------------------------------------------------------------",
      "Wide   -       weights.0 (10, 3)  weights.1 (10, 4)     120 + ?",
      "               weights.2 (10, 5)  open ?",
      "---------------------------------------------------------------",
      "Parameters: 120 + ? (trainable: 120 + ?, frozen: 0), buffers: 7",
    ].join("\n"),
  );
  expect(`${layer}`).toBe(layer.summary());
  expect(inspect(layer)).toBe(layer.summary());
});
