import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'

/** A Lua table as JSON: strings as the bytes that they are of. */
export type LuaValue = number | boolean | { readonly bytes: readonly number[] } | { readonly [key: string]: LuaValue }
export type LuaTable = { readonly [key: string]: LuaValue }

/** What a table constructor is, or what a chunk returns. */
export function loadLua(source: Uint8Array, kind: 'expression' | 'chunk'): readonly LuaTable[] {
  return JSON.parse(luajit('tables.lua', source, (file) => [kind, file])) as LuaTable[]
}

export interface ShownScreen {
  readonly scale: number
  readonly palette: readonly (readonly number[])[]
  readonly lines: readonly (readonly [readonly number[], string, string])[]
}

export interface ProgramEvent {
  readonly event: string
  readonly screens: readonly ShownScreen[]
}

/** Runs a program as the game does, on a wall of monitors where one is given. */
export function runProgram(source: Uint8Array, wall = { columns: 0, rows: 0 }): readonly ProgramEvent[] {
  const lines = luajit('program.lua', source, (file) => [file, String(wall.columns), String(wall.rows)]).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as ProgramEvent)
}

function luajit(script: string, source: Uint8Array, args: (file: string) => readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lua-'))
  try {
    const file = join(folder, 'source')
    writeFileSync(file, source)
    const { status, stdout, stderr } = spawnSync('luajit', [fileURLToPath(new URL(script, import.meta.url)), ...args(file)], {
      encoding: 'utf8', maxBuffer: 64 * 1024 * 1024,
    })
    if (status !== 0) throw new Error(stderr)
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function textOf(value: LuaValue | undefined): string {
  return typeof value === 'object' && Array.isArray(value.bytes) ? Buffer.from(value.bytes as number[]).toString('latin1') : ''
}

/** Of a table with rows under 1, 2 … and a palette under 0 to 15, as the game would show it. */
export function shownTable(rows: LuaTable, palette: LuaTable): ShownScreen {
  const lines: [number[], string, string][] = []
  for (let y = 1; rows[y] !== undefined; y++) {
    const { 1: text, 2: foregrounds, 3: backgrounds } = rows[y] as LuaTable
    lines.push([[...Buffer.from(textOf(text), 'latin1')], textOf(foregrounds), textOf(backgrounds)])
  }
  const colors = Array.from({ length: 16 }, (_, index) => Object.values(palette[index] as Record<string, number>))
  return { scale: 0, lines, palette: colors }
}

/** What a screen should show of a frame; a cell of one colour as a space. Colours as the game cuts them to bytes. */
export function expectedScreen({ columns, rows, characters, colors, palette }: CellFrame): ShownScreen {
  const lines = Array.from({ length: rows }, (_, row): [number[], string, string] => {
    const [text, line] = [characters, colors].map((plane) => plane.subarray(row * columns, (row + 1) * columns)) as [Uint8Array, Uint8Array]
    return [
      Array.from(text, (character) => (character === 0x80 || character === 0 ? 0x20 : character)),
      Array.from(line, (color) => (color & 15).toString(16)).join(''),
      Array.from(line, (color) => (color >> 4).toString(16)).join(''),
    ]
  })
  return { scale: 0, lines, palette: Array.from({ length: 16 }, (_, index) => [...palette.subarray(3 * index, 3 * index + 3)]) }
}

/** The palette as the game keeps it. */
export function inBytes(screen: ShownScreen): ShownScreen {
  return { ...screen, palette: screen.palette.map((color) => color.map((fraction) => Math.trunc(fraction * 255))) }
}
