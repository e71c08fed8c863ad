import { runInNewContext } from "node:vm";
import fc from "fast-check";
import {
  Catalogue,
  choiceArgument,
  flagArgument,
  integerArgument,
  numberArgument,
  optional,
} from "../../core/catalogue.js";
import { ArgumentError } from "../../core/errors.js";
import type { Json } from "../../core/spec.js";
import { foldName, matchArguments, parseSpec, readSpec, specText } from "../../core/spec.js";

/** The arguments of a text as an object; no key is there twice. */
function parsed(text: string): [name: string, args: Record<string, Json>] {
  const { name, args } = parseSpec("test: it", text);
  return [name, Object.fromEntries(args)];
}

describe("reading text", () => {
  test.each<[string, string, Record<string, Json>]>([
    ["relu", "relu", {}],
    ["  Leaky ReLU ", "Leaky ReLU", {}],
    ["relu()", "relu", {}],
    ["relu ( )", "relu", {}],
    ["leaky_relu(alpha=0.3)", "leaky_relu", { alpha: 0.3 }],
    ["Affine(slope = 2 , intercept =-1)", "Affine", { slope: 2, intercept: -1 }],
    ["f(a=1e-4, b=+2, c=.5, d=3., e=-1.5E+3)", "f", { a: 1e-4, b: 2, c: 0.5, d: 3, e: -1500 }],
    ["f(a=true, b=False, c=None, d=null, e=TRUE)", "f", { a: true, b: false, c: null, d: null, e: true }],
    ["Adam(decay1=0.5, clip_norm=3, clipNorm2=1)", "Adam", { decay1: 0.5, clip_norm: 3, clipNorm2: 1 }],
    ["kaiming-uniform(mode=fan_out)", "kaiming-uniform", { mode: "fan_out" }],
    [`f(a='x, (y=1]', b="it's", c="")`, "f", { a: "x, (y=1]", b: "it's", c: "" }],
    [String.raw`f(a="say \"a\\b\"", b='\'')`, "f", { a: 'say "a\\b"', b: "'" }],
    ["f(a='true', b='1')", "f", { a: "true", b: "1" }],
    ["f(a=[1, 2.5, x], b=(0.9, 0.999), c=[], d=(3,))", "f", { a: [1, 2.5, "x"], b: [0.9, 0.999], c: [], d: [3] }],
    ["f(a=[[1, 2], (true,)])", "f", { a: [[1, 2], [true]] }],
    [
      "SGD(lr=0.01, lr_scheduler=NoamScheduler(model_dim=4, name=')'), x=1)",
      "SGD",
      { lr: 0.01, lr_scheduler: "NoamScheduler(model_dim=4, name=')')", x: 1 },
    ],
    ["f(a=Leaky ReLU(alpha=1), b=Hard Sigmoid)", "f", { a: "Leaky ReLU(alpha=1)", b: "Hard Sigmoid" }],
    ["f(a=1,)", "f", { a: 1 }],
  ])("%s", (text, name, args) => {
    expect(parsed(text)).toEqual([name, args]);
  });

  test("keeps a key that is there twice, and the order", () => {
    expect(parseSpec("it", "f(b=1, a=2, b=3)").args).toEqual([
      ["b", 1],
      ["a", 2],
      ["b", 3],
    ]);
  });

  test.each([
    ["", "there is no name"],
    ["(a=1)", "there is no name"],
    ["3relu", '"3relu" is no name'],
    ["re.lu", '"re.lu" is no name'],
    ["leaky_relu(alpha=0.3", "it does not end with the bracket that it opens"],
    ["leaky_relu(alpha=0.3) please", "it does not end with the bracket that it opens"],
    ["leaky_relu)", '"leaky_relu)" is no name'],
    ["f(0.3)", '"0.3" has no key'],
    ["f(a)", '"a" has no key'],
    ["f(=1)", '"" is no key'],
    ["f(1a=1)", '"1a" is no key'],
    ["f(a b=1)", '"a b" is no key'],
    ["f(a=)", "a has no value"],
    ["f(a=1, , b=2)", "there is nothing between two commas"],
    ["f(, a=1)", "there is nothing between two commas"],
    ["f(,)", "there is nothing between two commas"],
    ["f(a=1)(b=2)", "it has a ) too many"],
    ["f(a=[1, 2)", "it lacks a ]"],
    ["f(a=b=c)", "a is b=c, which is no number, word, quoted text or list"],
    ["f(a=[1, 2))", "it has a ) too many"],
    ["f(a=1])", "it has a ] too many"],
    ["f(a=((1))", "it lacks a )"],
    ["f(a='x)", "a quote is not closed"],
    ["f(a='x\\')", "a quote is not closed"],
    ["f(a='x' y)", "a is 'x' y, which is no number, word, quoted text or list"],
    ["f(a=1.2.3)", "a is 1.2.3, which is no number, word, quoted text or list"],
    ["f(a=0x10)", "a is 0x10, which is no number"],
    ["f(a=1e999)", "a is 1e999, too large for a number"],
    ["f(a=process.exit())", "a is process.exit(), which is no number"],
  ])("refuses %s", (text, problem) => {
    const call = () => parseSpec("FullyConnected: actFn", text);
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(`FullyConnected: actFn is ${JSON.stringify(text)}: ${problem}`);
    expect(call).toThrow(/; expected name\(key=value, \.\.\.\)$/);
  });

  test("of any kind gives a spec or an ArgumentError, soon", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "B", "1", ".", "-", "=", ",", "(", ")", "[", "]", "'", '"', "\\", " "),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((inner) => `f(a=${inner})`),
        ),
        (given) => {
          try {
            parseSpec("it", given);
          } catch (error) {
            expect(error).toBeInstanceOf(ArgumentError);
          }
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
    expect(() => parseSpec("it", `f(${"a ".repeat(1e5)}`)).toThrow("does not end");
  });
});

describe("writing text", () => {
  test("leaves out what needs no quotes", () => {
    expect(specText("f", {})).toBe("f");
    expect(specText("f", { a: 0.1, b: true, c: null, d: "fan_out", e: 1e-7 })).toBe(
      "f(a=0.1, b=true, c=null, d=fan_out, e=1e-7)",
    );
    expect(specText("f", { a: "", b: "true", c: 'a "b" \\', d: "x y", e: [1, "2"] })).toBe(
      String.raw`f(a="", b="true", c="a \"b\" \\", d="x y", e=[1, "2"])`,
    );
  });

  test("reads back as the same", () => {
    const scalar = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      fc.constantFrom("None", "TRUE", "1e5", "relu(alpha=1)", "\\", '"', "'", "-0"),
    );
    const value = fc.oneof(scalar, fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }));
    const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]*$/);
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (args) => {
        expect(parseSpec("it", specText("leakyRelu", args as Record<string, Json>)).args).toEqual(Object.entries(args));
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test.each<[Json, string]>([
    [Number.NaN, "f: a is NaN; expected a finite number, text, true, false, null or a list"],
    [Infinity, "f: a is Infinity"],
    [{ b: 1 }, "f: a is a Object"],
    [[{ b: 1 }], "f: a is a Object"],
  ])("refuses %j", (value, message) => {
    expect(() => specText("f", { a: value })).toThrow(message);
  });
});

describe("reading objects", () => {
  test.each<[unknown, string, [string, Json][]]>([
    [{ name: "relu" }, "relu", []],
    [{ alpha: 1, name: "leakyRelu", other: undefined }, "leakyRelu", [["alpha", 1]]],
    [{ layer: "LeakyReLU", hyperparameters: { alpha: 1, other: undefined } }, "LeakyReLU", [["alpha", 1]]],
    [{ layer: "ReLU" }, "ReLU", []],
    [Object.assign(Object.create(null), { name: "relu" }), "relu", []],
    [runInNewContext("({ name: 'relu', a: [1] })"), "relu", [["a", [1]]]],
  ])("%j", (value, name, args) => {
    expect(readSpec("it", "layer", value)).toEqual({ name, args });
  });

  test.each([
    3,
    true,
    null,
    undefined,
    [],
    ["relu"],
    {},
    { name: 3 },
    { alpha: 1 },
    new (class {
      name = "relu";
    })(),
  ])("%p is no spec", (value) => {
    expect(readSpec("it", "layer", value)).toBeUndefined();
  });

  test("a config has hyperparameters alone", () => {
    expect(() => readSpec("it", "layer", { layer: "ReLU", alpha: 1 })).toThrow(
      "it has an entry alpha; expected hyperparameters alone",
    );
    expect(() => readSpec("it", "layer", { layer: "ReLU", hyperparameters: [1] })).toThrow(
      "it has hyperparameters [1]; expected an object",
    );
    expect(() => readSpec("it", "layer", { layer: "ReLU", hyperparameters: null })).toThrow("has hyperparameters null");
  });
});

test("names fold case, spaces, underscores and hyphens away, and nothing else", () => {
  for (const name of ["Leaky ReLU", "leaky_relu", "leakyRelu", "LEAKY-RELU", "leaky  relu"]) {
    expect(foldName(name)).toBe("leakyrelu");
  }
  expect(foldName("decay1")).not.toBe(foldName("decay2"));
});

describe("arguments", () => {
  const match = (text: string, known = ["clipNorm", "decay1"]) => matchArguments("Adam", parseSpec("it", text), known);

  test("are found in any spelling", () => {
    expect(match("adam(clip_norm=3, Decay1=0.5)")).toEqual({ clipNorm: 3, decay1: 0.5 });
  });

  test("that are unknown or given twice are refused", () => {
    expect(() => match("adam(decay2=1)")).toThrow("Adam: unknown argument decay2; expected clipNorm, decay1");
    expect(() => match("adam(a=1)", [])).toThrow("Adam: unknown argument a; it takes none");
    expect(() => match("adam(clip_norm=1, clipNorm=2)")).toThrow("Adam: clipNorm is given twice");
  });

  test("cannot reach a prototype", () => {
    for (const key of ["__proto__", "constructor", "prototype", "toString"]) {
      expect(() => match(`adam(${key}=1)`)).toThrow(`Adam: unknown argument ${key}`);
      const config = JSON.parse(`{"name": "adam", "${key}": {"polluted": true}}`);
      expect(() => matchArguments("Adam", readSpec("it", "layer", config)!, ["a"])).toThrow(`unknown argument ${key}`);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("Catalogue", () => {
  const catalogue = new Catalogue<unknown>("thing");
  catalogue.add("test", "plainOne", {}, () => "plain", ["uno"]);
  const declared = {
    size: numberArgument(0.5, { least: 0 }),
    count: integerArgument(3),
    on: flagArgument(true),
    mode: choiceArgument("a", ["a", "b"]),
    clip: optional(numberArgument(1)),
  };
  catalogue.add("test", "rich", declared, (args) => args);
  const resolve = (value: unknown) => catalogue.resolve("Layer: thing", value, "null");

  test("makes what it has, with all arguments and the shortest text", () => {
    expect(resolve("UNO")).toEqual({ value: "plain", name: "plainOne", args: {}, text: "plainOne" });
    const args = { size: 2, count: 3, on: true, mode: "b", clip: null };
    expect(resolve("Rich(mode=b, size=2, count=3)")).toEqual({
      value: args,
      name: "rich",
      args,
      text: "rich(size=2, mode=b)",
    });
    expect(resolve({ thing: "rich", hyperparameters: { clip: -1, on: false } }).text).toBe("rich(on=false, clip=-1)");
    expect(catalogue.make("Rich", "rich", { clip: 2, on: undefined }).text).toBe("rich(clip=2)");
    expect(catalogue.names).toEqual(["plainOne", "rich"]);
    expect(catalogue.keys("rich")).toEqual(["size", "count", "on", "mode", "clip"]);
  });

  test.each<[unknown, string]>([
    ["other", 'Layer: thing is "other"; expected null or one of plainOne, rich'],
    ["other(a=1)", 'Layer: thing is "other(a=1)"; expected null or one of'],
    [{ name: "other" }, 'Layer: thing is "other"; expected null or one of'],
    ["__proto__", 'Layer: thing is "__proto__": "__proto__" is no name'],
    ["constructor", 'Layer: thing is "constructor"; expected null or one of'],
    [{ name: "__proto__" }, 'Layer: thing is "__proto__"; expected null or one of'],
    [3, "Layer: thing is 3; expected null or one of"],
    [undefined, "Layer: thing is undefined; expected null or one of"],
    [[], "Layer: thing is []; expected null or one of"],
    ["plain_one(a=1)", "Layer: thing plainOne: unknown argument a; it takes none"],
    ["rich(siz=1)", "Layer: thing rich: unknown argument siz; expected size, count, on, mode, clip"],
    ["rich(size=-1)", "Layer: thing rich: size is -1; expected a finite number of at least 0"],
    ["rich(size=big)", 'Layer: thing rich: size is "big"; expected a finite number'],
    ["rich(size=none)", "Layer: thing rich: size is null; expected a finite number"],
    ["rich(count=1.5)", "Layer: thing rich: count is 1.5; expected a whole number"],
    ["rich(on=1)", "Layer: thing rich: on is 1; expected true or false"],
    ["rich(mode=c)", 'Layer: thing rich: mode is "c"; expected "a" or "b"'],
    ["rich(clip=x)", 'Layer: thing rich: clip is "x"; expected a finite number'],
    [{ name: "rich", size: Number.NaN }, "Layer: thing rich: size is NaN"],
  ])("refuses %j", (value, message) => {
    expect(() => resolve(value)).toThrow(message);
    expect(() => resolve(value)).toThrow(ArgumentError);
  });

  test("takes a name once, in any spelling, and only what a text can say", () => {
    for (const name of ["plain_one", "UNO", "rich"]) {
      expect(() => catalogue.add("test", name, {}, () => 0)).toThrow(`test: ${name} is registered already`);
    }
    for (const name of ["", "a(b)", "1a", 3 as never]) {
      expect(() => catalogue.add("test", name, {}, () => 0)).toThrow(/^test: .* is no name; expected a letter, then/);
    }
    expect(() => catalogue.add("test", "fresh", {}, () => 0, ["rich"])).toThrow("rich is registered already");
    expect(catalogue.has("fresh")).toBe(false);
  });
});
