import "./functions/methods.js";

export * from "./core/index.js";
