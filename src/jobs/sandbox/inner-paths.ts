import type { Access } from './sandbox.ts'

/** Where a program behind a wall finds what it may write. */
export const INNER_OUTPUT = '/out'

/** Where it finds the nth file that it may read. Without an extension: of some, ffmpeg would believe it. */
export function innerInput(index: number): string {
  return `/in/${index}`
}

export interface InnerPaths {
  /** An argument, with the paths that the program sees. */
  inside(argument: string): string
  /** What it says, with the paths of this machine. */
  outside(line: string): string
}

/** Arguments may hold the paths anywhere in them, and in JSON. */
export function innerPaths({ reads = [], writes }: Access): InnerPaths {
  const pairs = [
    ...reads.map((file, index): Pair => [file, innerInput(index)]),
    // With its slash, so that a folder beside it whose name begins the same is another.
    ...(writes === undefined ? [] : [[`${writes}/`, `${INNER_OUTPUT}/`] as Pair]),
    // Longer ones first: `in/1` is the beginning of `in/10`.
  ].flatMap(([outer, inner]) => [...new Set([outer, JSON.stringify(outer).slice(1, -1)])].map((text): Pair => [text, inner]))
    .sort(([a], [b]) => b.length - a.length)
  return {
    inside: (argument) => pairs.reduce((text, [outer, inner]) => text.replaceAll(outer, inner), argument === writes ? INNER_OUTPUT : argument),
    outside: (line) => line.replace(INNER, (inner, index?: string) => (index === undefined ? `${writes ?? INNER_OUTPUT}/` : reads[Number(index)] ?? inner)),
  }
}

type Pair = readonly [outer: string, inner: string]

const INNER = /(?<![\w./-])(?:\/in\/(\d+)(?![\w/])|\/out\/)/g
