import type { FunctionNode, VariableNode } from "retrograd";
import type { Drawn } from "./messages.js";

/** A drawing of the graph, in which what one points at or clicks on is described below it. */
export class GraphView {
  private nodes = new Map<string, FunctionNode | VariableNode>();
  private chosen: Element | null = null;

  constructor(
    private readonly picture: HTMLElement,
    private readonly details: HTMLElement,
  ) {
    for (const kind of ["click", "pointerover"] as const) {
      picture.addEventListener(kind, ({ target }) => this.choose((target as Element).closest("g.node")));
    }
  }

  show({ svg, functions, variables }: Drawn): void {
    this.nodes = new Map([...functions, ...variables].map((node) => [node.id, node]));
    const drawing = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    this.picture.replaceChildren(document.importNode(drawing, true));
    this.details.textContent = `${functions.length} functions on ${variables.length} variables. Point at one of them to see more.`;
  }

  clear(): void {
    this.picture.replaceChildren();
    this.details.textContent = "";
  }

  private choose(element: Element | null): void {
    const node = this.nodes.get(element?.querySelector("title")?.textContent ?? "");
    if (element === null || node === undefined) return;
    this.chosen?.classList.remove("chosen");
    element.classList.add("chosen");
    this.chosen = element;
    this.details.textContent = "kind" in node ? aboutVariable(node) : this.aboutFunction(node);
  }

  private aboutFunction({ name, generation, inputs, outputs }: FunctionNode): string {
    const list = (ids: readonly string[]) => ids.map((id) => short(this.nodes.get(id) as VariableNode)).join(", ");
    return `Function ${name}, generation ${generation}: takes ${list(inputs)}; gives ${list(outputs.map(({ id }) => id))}.`;
  }
}

function aboutVariable(node: VariableNode): string {
  const kinds = {
    parameter: "a parameter, which training changes",
    input: "an input that asks for a gradient",
    constant: "a constant, which asks for no gradient",
    computed: "computed by the function above it",
  };
  return `Variable ${short(node)}, generation ${node.generation}: ${kinds[node.kind]}.`;
}

function short({ name, shape, dtype }: VariableNode): string {
  return `${name === null ? "" : `${name} `}(${shape?.join(", ") ?? "?"}) ${dtype}`;
}
