import { CommunicationError } from "../../../core/errors.js";
import { decoded, type MpiLibrary, type NativeFunction } from "./library.js";

/** More than either library's MPI_MAX_ERROR_STRING. */
const ERROR_BYTES = 1024;

const SIGNATURES = {
  allReduce: "int MPI_Allreduce(intptr_t, intptr_t, int, HANDLE, HANDLE, HANDLE)",
  startAllReduce: "int MPI_Iallreduce(intptr_t, intptr_t, int, HANDLE, HANDLE, HANDLE, uint8_t*)",
  broadcast: "int MPI_Bcast(intptr_t, int, HANDLE, int, HANDLE)",
  allGather: "int MPI_Allgather(intptr_t, int, HANDLE, intptr_t, int, HANDLE, HANDLE)",
  startBarrier: "int MPI_Ibarrier(HANDLE, uint8_t*)",
  test: "int MPI_Test(uint8_t*, int*, intptr_t)",
  send: "int MPI_Send(uint8_t*, int, HANDLE, int, int, HANDLE)",
  probe: "int MPI_Iprobe(int, int, HANDLE, int*, intptr_t)",
  receive: "int MPI_Recv(uint8_t*, int, HANDLE, int, int, HANDLE, intptr_t)",
  abort: "int MPI_Abort(HANDLE, int)",
  finalize: "int MPI_Finalize()",
  errorText: "int MPI_Error_string(int, uint8_t*, int*)",
} as const;

/** The functions of MPI that exchange something, or end. */
export type Calls = Record<keyof typeof SIGNATURES, NativeFunction>;

export function callsOf(library: MpiLibrary): Calls {
  return Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)]),
  ) as Calls;
}

/** @throws CommunicationError, with what MPI says of it, unless a function of that name returned success. */
export function check(calls: Calls, name: string, code: number): void {
  if (code === 0) return;
  const text = new Uint8Array(ERROR_BYTES);
  const length = new Uint8Array(4);
  calls.errorText(code, text, length);
  throw new CommunicationError(`${name} failed: ${decoded(text, length)}`);
}
