// What the report uses of cli-table3, so that types can be checked before the packages of bench/ are installed.
declare module "cli-table3" {
  export default class Table {
    constructor(options: {
      head: string[];
      colAligns?: ("left" | "right")[];
      style?: { head: string[]; border: string[]; compact?: boolean };
    });
    push(...rows: string[][]): number;
    toString(): string;
  }
}
