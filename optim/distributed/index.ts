export { type AllReduceOptions, allReduce } from "./all-reduce.js";
export {
  allReduceNumbers,
  type CommunicationStatistics,
  Communicator,
  type PendingReduction,
  type Reduction,
} from "./communicator.js";
export { DistributedOptimizer, type DistributedOptimizerOptions } from "./optimizer.js";
export { usingCommunicator, world } from "./world.js";
