/** The first address that is free for pictures and tables. */
export function heapStart(): usize {
  return __heap_base
}
