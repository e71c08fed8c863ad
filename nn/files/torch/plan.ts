import { noGrad } from "../../../core/config.js";
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
  const planner = new Planner(places, names, fits);
  noGrad(() => planner.visit(model, "", places.of("", model).name ?? ""));
  places.checkAsked(model.namedLayers().map(([name]) => name));
  return planner;
}

class Planner implements Plan {
  readonly exchanges: Exchange[] = [];
  readonly unclear: string[] = [];

  constructor(
    private readonly places: Places,
    private readonly names: TensorNames | null,
    private readonly fits: Fits,
    /** Layers that were visited: a shared one belongs to its first name. */
    private readonly seen = new Set<Layer>(),
    private readonly orders = new Map<Layer, FeatureOrder>(),
  ) {}

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
      const { names } = this;
      const has = names === null ? null : (name: string) => names.all.has(below(module, name));
      this.add(rule({ has, order: this.orderOf(layer, path) }), path, module);
    }
  }

  private visitWrapped(wrapper: Reparametrization<Layer>, path: string, module: string): void {
    const inside = below(path, "layer");
    const before = this.exchanges.length;
    this.visit(wrapper.layer, inside, this.places.of(inside, wrapper.layer).name ?? module);
    this.exchanges.push(...reparametrized(wrapper, path, this.exchanges.splice(before)));
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
      const given = this.places.of(below(path, name), child).name ?? null;
      if (given !== null) modules.set(name, given);
    }
    const rest = children.filter(([name]) => !modules.has(name));
    const { names } = this;
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
    const { places, names, fits, seen, orders } = this;
    const trial = new Planner(places, names, fits, new Set(seen), new Map(orders));
    trial.visit(layer, path, module);
    return trial.unclear.length === 0 && fits(trial.exchanges, module);
  }

  private orderOf(layer: Layer, path: string): FeatureOrder {
    const told = this.orders.get(layer) ?? SAME_ORDER;
    const { channels, outChannels } = this.places.of(path, layer);
    return { channels: channels ?? told.channels, outChannels: outChannels ?? told.outChannels };
  }

  /** Adds exchanges of a layer and a module by the full names. */
  private add(exchanges: readonly Exchange[], path: string, module: string): void {
    for (const exchange of exchanges) {
      const ours = exchange.ours.map((name) => below(path, name));
      const alone = ours.length === 1 && exchange.torch.length === 1;
      const given = alone ? this.places.tensorOf(ours[0]!) : null;
      const torch = exchange.torch.map(({ names: [first, ...others], shape }) => ({
        names: [given ?? below(module, first), ...(given === null ? others.map((name) => below(module, name)) : [])],
        shape,
      }));
      this.exchanges.push({ ...exchange, ours, torch: torch as unknown as Exchange["torch"] });
    }
  }
}

type Child = readonly [name: string, layer: Layer];

function entriesOf(layer: Layer): [name: string, entry: StateEntry][] {
  return [...layer.namedParameters(), ...layer.namedBuffers()];
}
