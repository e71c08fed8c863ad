import { noGrad } from "../../../core/config.js";
import { ArgumentError } from "../../../core/errors.js";
import type { Layer } from "../../layer.js";
import { Sequential } from "../../layers/sequential.js";
import type { StateEntry } from "../../state.js";
import { Reparametrization } from "../../wrappers/reparametrization.js";
import { type Exchange, type FeatureOrder, SAME_ORDER, same } from "./exchange.js";
import { featureOrders } from "./feature-orders.js";
import type { Places } from "./mapping.js";
import { reparametrized } from "./reparametrization-rules.js";
import { ruleOf, torchNames } from "./rules.js";
import { below, type TensorNames } from "./tensor-names.js";

/** What is to be exchanged between a model and a state of PyTorch, by full names on both sides. */
export interface Plan {
  readonly exchanges: readonly Exchange[];
  /** Layers of which one cannot tell what module they are. */
  readonly unclear: readonly string[];
}

/** Whether a module of PyTorch is a twin of a layer, as far as names and shapes tell. */
export type Fits = (exchanges: readonly Exchange[], module: string) => boolean;

/**
 * Finds out for all layers of `model` what they are in PyTorch: `names` are those of a state that is read, null when one is made.
 * A layer is what the mapping says; else the module of its name; in a Sequential, that of its place among those with tensors; else
 * the only one that fits.
 * @throws ArgumentError for a mapping that does not fit the model, and a layer that has no twin.
 */
export function planned(model: Layer, places: Places, names: TensorNames | null, fits: Fits): Plan {
  const entries = new Set(entriesOf(model).map(([name]) => name));
  const planner = new Planner({ places, names, fits, entries });
  noGrad(() => planner.visit(model, "", places.of("", model).name ?? ""));
  places.checkAsked(model.namedLayers().map(([name]) => name));
  return planner;
}

/** What a plan is made by. */
interface Means {
  readonly places: Places;
  readonly names: TensorNames | null;
  readonly fits: Fits;
  /** The names of the model's parameters and buffers. */
  readonly entries: ReadonlySet<string>;
}

/** Whether parameters are known by these names, and not by those that they have in another layer, which shares them. */
function isFirst(ours: readonly string[], entries: ReadonlySet<string>): boolean {
  const known = ours.filter((name) => entries.has(name));
  if (known.length === 0 || known.length === ours.length) return known.length > 0;
  const shared = ours.filter((name) => !entries.has(name));
  throw new ArgumentError(
    `${shared.join(", ")} is shared with another layer and ${known.join(", ")} is not; expected all or none`,
  );
}

class Planner implements Plan {
  readonly unclear: string[] = [];
  private readonly found: Exchange[] = [];

  constructor(
    private readonly means: Means,
    /** Layers that were visited: a shared one belongs to its first name. */
    private readonly seen = new Set<Layer>(),
    private readonly orders = new Map<Layer, FeatureOrder>(),
  ) {}

  /** Those of parameters that are not shared, or by their first name. */
  get exchanges(): readonly Exchange[] {
    return this.found.filter(({ ours }) => isFirst(ours, this.means.entries));
  }

  /** Adds the exchanges of the layer at `path` with a module. */
  visit(layer: Layer, path: string, module: string): void {
    if (this.seen.has(layer)) return;
    this.seen.add(layer);
    if (layer instanceof Sequential) {
      for (const [step, order] of featureOrders(layer)) if (!this.orders.has(step)) this.orders.set(step, order);
    }
    const rule = ruleOf(layer);
    if (layer instanceof Reparametrization) this.visitWrapped(layer, path, module);
    else if (rule === null) this.visitParts(layer, path, module);
    else {
      const { names } = this.means;
      const has = names === null ? null : (name: string) => names.all.has(below(module, name));
      const exchanges = rule({ has, order: this.orderOf(layer, path) });
      const known = new Set(exchanges.flatMap(({ ours }) => ours));
      // A class that was derived from the layer's may have more.
      const more = entriesOf(layer).filter(([name]) => !known.has(name));
      this.add(
        [...exchanges, ...more.map(([name, entry]) => same(name, entry, torchNames(layer, name)))],
        path,
        module,
      );
    }
  }

  private visitWrapped(wrapper: Reparametrization<Layer>, path: string, module: string): void {
    const inside = below(path, "layer");
    const before = this.found.length;
    this.visit(wrapper.layer, inside, this.means.places.of(inside, wrapper.layer).name ?? module);
    this.found.push(...reparametrized(wrapper, path, this.found.splice(before)));
  }

  private visitParts(layer: Layer, path: string, module: string): void {
    const children = layer.namedChildren();
    const own = entriesOf(layer).filter(([name]) => !children.some(([child]) => name.startsWith(`${child}.`)));
    this.add(
      own.map(([name, entry]) => same(name, entry, torchNames(layer, name))),
      path,
      module,
    );
    const withState = children.filter(([, child]) => !this.seen.has(child) && entriesOf(child).length > 0);
    const modules = this.modulesOf(layer, withState, path, module);
    for (const [name, child] of withState) {
      const at = below(path, name);
      const there = modules.get(name);
      if (there === undefined) this.unclear.push(at);
      else this.visit(child, at, there);
    }
  }

  /** The modules that layers in `parent` are, by the names of the layers: those that one can tell. */
  private modulesOf(parent: Layer, children: readonly Child[], path: string, module: string): Map<string, string> {
    const modules = new Map<string, string>();
    for (const [name, child] of children) {
      const given = this.means.places.of(below(path, name), child).name ?? null;
      if (given !== null) modules.set(name, given);
    }
    const rest = children.filter(([name]) => !modules.has(name));
    const { names } = this.means;
    if (names === null) {
      for (const [name] of rest) modules.set(name, below(module, torchNames(parent, name)[0]));
      return modules;
    }
    const taken = new Set(modules.values());
    const free = names
      .modulesIn(module)
      .map((name) => below(module, name))
      .filter((name) => !taken.has(name));
    const numbered = free.every((name) => /(^|\.)\d+$/.test(name));
    if (parent instanceof Sequential && numbered && free.length === rest.length) {
      const place = (name: string) => Number(name.slice(name.lastIndexOf(".") + 1));
      free.sort((a, b) => place(a) - place(b));
      for (const [i, [name]] of rest.entries()) modules.set(name, free[i]!);
      return modules;
    }
    for (const [name] of rest) {
      const called = torchNames(parent, name).map((candidate) => below(module, candidate));
      const there = called.find((candidate) => names.hasModule(candidate) && !taken.has(candidate));
      if (there === undefined) continue;
      modules.set(name, there);
      taken.add(there);
    }
    const left = rest.filter(([name]) => !modules.has(name));
    const open = free.filter((name) => ![...taken].some((other) => other === name || other.startsWith(`${name}.`)));
    for (const [name, there] of this.onlyFits(left, open, path)) modules.set(name, there);
    return modules;
  }

  /** Pairs of layers and modules, as far as each is the only one left that fits the other. */
  private onlyFits(children: readonly Child[], modules: readonly string[], path: string): Map<string, string> {
    const candidates = new Map(
      children.map(([name, child]) => [
        name,
        new Set(modules.filter((module) => this.isTwin(child, below(path, name), module))),
      ]),
    );
    const pairs = new Map<string, string>();
    for (;;) {
      const next = [...candidates].find(([, fitting]) => fitting.size === 1);
      if (next === undefined) return pairs;
      const [name, fitting] = next;
      const [module] = fitting as Set<string>;
      pairs.set(name, module!);
      candidates.delete(name);
      for (const others of candidates.values()) others.delete(module!);
    }
  }

  private isTwin(layer: Layer, path: string, module: string): boolean {
    const { means, seen, orders } = this;
    const trial = new Planner(means, new Set(seen), new Map(orders));
    trial.visit(layer, path, module);
    return trial.unclear.length === 0 && means.fits(trial.exchanges, module);
  }

  private orderOf(layer: Layer, path: string): FeatureOrder {
    const told = this.orders.get(layer) ?? SAME_ORDER;
    const { channels, outChannels } = this.means.places.of(path, layer);
    return { channels: channels ?? told.channels, outChannels: outChannels ?? told.outChannels };
  }

  /** Adds exchanges of a layer and a module by the full names. */
  private add(exchanges: readonly Exchange[], path: string, module: string): void {
    for (const exchange of exchanges) {
      const ours = exchange.ours.map((name) => below(path, name));
      const alone = ours.length === 1 && exchange.torch.length === 1;
      const given = alone ? this.means.places.tensorOf(ours[0]!) : null;
      const torch = exchange.torch.map(({ names: [first, ...others], shape }) => ({
        names: [given ?? below(module, first), ...(given === null ? others.map((name) => below(module, name)) : [])],
        shape,
      }));
      this.found.push({ ...exchange, ours, torch: torch as unknown as Exchange["torch"] });
    }
  }
}

type Child = readonly [name: string, layer: Layer];

function entriesOf(layer: Layer): [name: string, entry: StateEntry][] {
  return [...layer.namedParameters(), ...layer.namedBuffers()];
}
