import { execFileSync } from 'node:child_process'
import { encode } from 'uqr'
import { describe, expect, test } from 'vitest'
import { inBytes, loadLua, runProgram, shownTable, type LuaTable, type ShownScreen } from '../test/sanjuuni/run-lua.ts'
import { problemResponse } from './problem.ts'
import { qrRoutes } from './qr-routes.ts'

const TEXT = 'https://music.example/login?key=0123456789abcdef'
const CODE = modulesOf(TEXT, 'L')

const app = qrRoutes()
app.onError((error, c) => problemResponse(c, error, (cause) => { throw cause }))

describe('a text as a QR code', () => {
  test('is a BIMG that shows its modules as pixels, with a quiet zone of four', async () => {
    const answer = await post({ text: TEXT })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
    const [image] = loadLua(await bytesOf(answer), 'expression')
    const frame = image![1] as LuaTable
    const shown = pixelsOf(inBytes(shownTable(frame, frame['palette'] as LuaTable)))
    expect(withoutPadding(shown, CODE.length + 8)).toEqual(surrounded(CODE, 4))
    expect(image).toMatchObject({ width: shown[0]!.length / 2, height: shown.length / 3, animated: false, animation: false })
  })

  test('is a Lua program that draws it', async () => {
    const answer = await post({ text: TEXT, format: 'lua', margin: 1 })
    expect(answer.headers.get('content-type')).toBe('text/x-lua; charset=utf-8')
    const [drawn] = runProgram(await bytesOf(answer))
    expect(withoutPadding(pixelsOf(inBytes(drawn!.screens[0]!)), CODE.length + 2)).toEqual(surrounded(CODE, 1))
  })

  test('is an NFP in the game\'s own white and black, as large as asked for', async () => {
    const pixels = digitsOf(await (await post({ text: TEXT, format: 'nfp', margin: 2, scale: 3 })).text())
    expect(withoutPadding(pixels, (CODE.length + 4) * 3)).toEqual(enlarged(surrounded(CODE, 2), 3))
  })

  test('is a PNG', async () => {
    const answer = await post({ text: TEXT, format: 'png' })
    expect(answer.headers.get('content-type')).toBe('image/png')
    const size = (CODE.length + 8) * 8
    const args = ['-v', 'error', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'gray', '-']
    const gray = execFileSync('ffmpeg', args, { input: await bytesOf(answer) })
    const rows = Array.from({ length: size }, (_, y) => Array.from(gray.subarray(y * size, (y + 1) * size), (value) => 1 - value / 255))
    expect(gray.length).toBe(size * size)
    expect(rows).toEqual(enlarged(surrounded(CODE, 4), 8))
  })

  test('is larger where more of it may be hidden', async () => {
    const safest = modulesOf(TEXT, 'H')
    expect(safest.length).toBeGreaterThan(CODE.length)
    expect(await modulesFromHub({ text: TEXT, error_correction: 'H' }, safest.length)).toEqual(safest)
  })

  test('says the text in UTF-8, also when a computer in the game has sent it byte by byte', async () => {
    const code = modulesOf('登录', 'L')
    for (const text of ['登录', Buffer.from('登录').toString('latin1')]) {
      expect(await modulesFromHub({ text }, code.length)).toEqual(code)
    }
  })
})

test.each([
  [{}, 'text', 'text'],
  [{ text: '' }, 'text', 'text is empty'],
  [{ text: 'x'.repeat(2954) }, 'text', 'text is too long for a QR code'],
  [{ text: 'x'.repeat(1274), error_correction: 'H' }, 'text', 'text is too long for a QR code'],
  [{ text: 'a', format: 'gif' }, 'format', 'format'],
  [{ text: 'a', scale: 9 }, 'scale', 'scale'],
  [{ text: 'a', margin: -1 }, 'margin', 'margin'],
])('%.60j is refused by name', async (body, path, message) => {
  const answer = await post(body)
  expect(answer.status).toBe(400)
  const problem = await answer.json() as { readonly detail: string; readonly errors: readonly { readonly path: string }[] }
  expect([problem.errors[0]?.path, problem.detail.startsWith(message)]).toEqual([path, true])
})

type Pixels = readonly (readonly number[])[]

async function post(body: object): Promise<Response> {
  return app.request('/api/qr', { method: 'POST', body: JSON.stringify(body) })
}

async function bytesOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer())
}

/** The modules of a code, asked for without a quiet zone. */
async function modulesFromHub(body: { readonly text: string; readonly error_correction?: 'H' }, size: number): Promise<Pixels> {
  return withoutPadding(digitsOf(await (await post({ ...body, format: 'nfp', margin: 0 })).text()), size)
}

/** 1 for each black pixel of an NFP, 0 for each white one, -1 for another. */
function digitsOf(nfp: string): Pixels {
  return nfp.trimEnd().split('\n').map((row) => [...row].map((digit) => (digit === 'f' ? 1 : digit === '0' ? 0 : -1)))
}

function modulesOf(text: string, ecc: 'L' | 'H'): Pixels {
  return encode(text, { ecc, boostEcc: true, border: 0 }).data.map((row) => row.map(Number))
}

function surrounded(pixels: Pixels, margin: number): Pixels {
  const size = pixels.length + 2 * margin
  return Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => pixels[y - margin]?.[x - margin] ?? 0))
}

function enlarged(pixels: Pixels, scale: number): Pixels {
  return Array.from({ length: pixels.length * scale }, (_, y) =>
    Array.from({ length: pixels.length * scale }, (_, x) => pixels[Math.floor(y / scale)]![Math.floor(x / scale)]!))
}

/** Checks that what fills the last cells up is white and less than a cell. */
function withoutPadding(pixels: Pixels, size: number): Pixels {
  expect([pixels.length - size < 3, pixels[0]!.length - size < 2]).toEqual([true, true])
  expect(pixels.every((row, y) => row.every((pixel, x) => (x < size && y < size) || pixel === 0))).toBe(true)
  return pixels.slice(0, size).map((row) => row.slice(0, size))
}

/** 1 for each dark pixel of a screen, 0 for each bright one. */
function pixelsOf({ lines, palette }: ShownScreen): Pixels {
  const isDark = (digit: string) => (palette[parseInt(digit, 16)]!.reduce((sum, value) => sum + value, 0) < 384 ? 1 : 0)
  return Array.from({ length: lines.length * 3 }, (_, y) => {
    const [characters, foregrounds, backgrounds] = lines[Math.floor(y / 3)]!
    return characters.flatMap((character, column) => [0, 1].map((x) => {
      const bit = 1 << ((y % 3) * 2 + x)
      const isForeground = character >= 0x80 && bit < 32 && (character & bit) !== 0
      return isDark((isForeground ? foregrounds : backgrounds)[column]!)
    }))
  })
}
