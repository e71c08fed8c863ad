/** Where the module's own data ends; core/heap.ts hands out what lies behind. */
export function staticEnd(): usize {
  return __heap_base;
}
