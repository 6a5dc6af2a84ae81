import { expect, test } from 'vitest'
import { piecesOf } from './pieces.ts'

const MEBIBYTE = 1024 * 1024

function streamOf(...sizes: readonly number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size))
      controller.close()
    },
  })
}

async function sizesOf(body: Blob | ReadableStream<Uint8Array>): Promise<readonly (number | boolean)[]> {
  const sizes: (number | boolean)[] = []
  for await (const { bytes, isLast } of piecesOf(body)) sizes.push(bytes.size, isLast)
  return sizes
}

test('a body is taken apart into a small piece, then larger ones, and the last is known as such', async () => {
  const wanted = [MEBIBYTE, false, 16 * MEBIBYTE, false, 3 * MEBIBYTE, true]
  expect(await sizesOf(new Blob([new Uint8Array(20 * MEBIBYTE)]))).toEqual(wanted)
  expect(await sizesOf(streamOf(20 * MEBIBYTE))).toEqual(wanted)
  expect(await sizesOf(streamOf(...Array.from({ length: 20 }, () => MEBIBYTE)))).toEqual(wanted)
})

test('a body that fills its pieces has no empty one at its end', async () => {
  for (const body of [new Blob([new Uint8Array(17 * MEBIBYTE)]), streamOf(7 * MEBIBYTE, 10 * MEBIBYTE)]) {
    expect(await sizesOf(body)).toEqual([MEBIBYTE, false, 16 * MEBIBYTE, true])
  }
})

test('no bytes are one piece', async () => {
  expect([await sizesOf(new Blob()), await sizesOf(streamOf())]).toEqual([[0, true], [0, true]])
})

test('the bytes are those of the body, in their order', async () => {
  const bytes = Uint8Array.from({ length: MEBIBYTE + 5 }, (_, index) => index % 251)
  const blobs: Blob[] = []
  for await (const piece of piecesOf(new Blob([bytes]).stream())) blobs.push(piece.bytes)
  expect(Buffer.from(await new Blob(blobs).arrayBuffer()).equals(bytes)).toBe(true)
})
