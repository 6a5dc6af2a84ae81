/** 16 colours, then eight repeats of the last one: 2, 4 … 256 more. */
export const COLOR_SYMBOLS = 24
export const COLORS = 16
export const REPEAT_256 = 23
/** For what is left of a run after its first cell and all repeats of 256. */
export const RESTS = 256
/** How many cells a symbol stands for. */
export const COVERED = Uint16Array.from({ length: COLOR_SYMBOLS }, (_, symbol) => (symbol < COLORS ? 1 : 2 << (symbol - COLORS)))
