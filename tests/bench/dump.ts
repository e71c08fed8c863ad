import { suite } from "../../bench/suite.js";

console.log(JSON.stringify(suite));
