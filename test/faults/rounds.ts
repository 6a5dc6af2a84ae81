/** How often a fault is tried: `FAULTS=all` takes its time, everything else is quick. */
export function rounds({ fast, all }: { readonly fast: number; readonly all: number }): number {
  return process.env['FAULTS'] === 'all' ? all : fast
}

/** Numbers from 0 up to 1, the same again with the printed FAULTS_SEED. */
export function randomOf(name: string): () => number {
  const seed = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000)
  console.log(`${name}: FAULTS_SEED=${seed}`)
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 2 ** 31
  }
}
