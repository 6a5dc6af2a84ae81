import type { Shell, Sink } from './shell.ts'

/** What the place where stderr goes can show. */
export interface Terminal {
  /** A person is looking: lines may be painted over. */
  readonly isLive: boolean
  readonly hasColor: boolean
  readonly hasUnicode: boolean
  columns(): number
}

export function terminalOf({ env }: Pick<Shell, 'env'>, sink: Sink): Terminal {
  const isLive = sink.isTTY === true && env.TERM !== 'dumb'
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return {
    isLive,
    // https://no-color.org: set to anything but nothing.
    hasColor: isLive && !env.NO_COLOR,
    // The Linux console has no glyphs for parts of a block.
    hasUnicode: /utf-?8/i.test(locale) && env.TERM !== 'linux',
    columns: () => sink.columns || 80,
  }
}
