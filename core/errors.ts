/** The base of every error retrograd throws on purpose; its message names the operation, both sides and what would fit. */
export class RetrogradError extends Error {
  /** The name of its class. */
  override name = "RetrogradError";
}

/** Shapes that do not fit together, or a shape that does not hold what it is given. */
export class ShapeError extends RetrogradError {
  override name = "ShapeError";
}

/** A dtype that an operation cannot take, or a value that its dtype cannot hold. */
export class DTypeError extends RetrogradError {
  override name = "DTypeError";
}

/** An axis outside an array's dimensions, or one given twice. */
export class AxisError extends RetrogradError {
  override name = "AxisError";
}

/** An index outside an axis. */
export class IndexError extends RetrogradError {
  override name = "IndexError";
}

/** An argument that is not of a kind the operation knows. */
export class ArgumentError extends RetrogradError {
  override name = "ArgumentError";
}

/** A graph that cannot be differentiated as asked: no graph, no gradient, or a saved array that was changed. */
export class GraphError extends RetrogradError {
  override name = "GraphError";
}

/** The 4 GiB of the WebAssembly heap are taken by live arrays. */
export class OutOfMemoryError extends RetrogradError {
  override name = "OutOfMemoryError";
}

/** A gradient that differs from what differences of the function's values say. */
export class GradcheckError extends RetrogradError {
  override name = "GradcheckError";
}

/** A file that does not hold what it should, or that there is no way to reach. */
export class FileError extends RetrogradError {
  override name = "FileError";
}

/** A function that made NaN or infinity, found by `detectAnomaly`. */
export class AnomalyError extends RetrogradError {
  override name = "AnomalyError";
}

/** An optional package that is needed and cannot be loaded. */
export class MissingPackageError extends RetrogradError {
  override name = "MissingPackageError";
}

/** Processes that work together and could not be connected, could not exchange arrays, or do not do the same. */
export class CommunicationError extends RetrogradError {
  override name = "CommunicationError";
}
