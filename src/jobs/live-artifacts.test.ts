import { expect, test } from 'vitest'
import type { ArtifactSpec } from '../tools/tool.ts'
import { LiveArtifacts } from './live-artifacts.ts'

const piece = (file: string): ArtifactSpec => ({ file, contentType: 'video/mp4' })
const list = (text: string): ArtifactSpec => ({ file: 'list', contentType: 'text/plain', text, grows: true })

/** Publishes nothing until it is let go. */
function held() {
  const published: string[] = []
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const live = new LiveArtifacts(async ({ file, text }) => {
    await gate
    published.push(text ?? file)
  })
  return { live, published, letGo }
}

test('files come in the order in which they were announced, and one that grows only as it was last', async () => {
  const { live, published, letGo } = held()
  for (const spec of [piece('a'), list('a'), piece('b'), list('a b'), piece('c'), list('a b c')]) live.announce(spec)
  letGo()
  await live.finish()
  expect(published).toEqual(['a', 'b', 'c', 'a b c'])
  expect(live.names).toEqual(['a', 'list', 'b', 'c'])
})

test('the last version of what grew is not left out for one that still grows', async () => {
  const { live, published, letGo } = held()
  const { grows: _, ...last } = list('whole')
  for (const spec of [list('a'), list('a b'), last]) live.announce(spec)
  letGo()
  await live.finish()
  expect(published).toEqual(['a', 'whole'])
})

test('what cannot be published is said to who announces the next one, and to who waits', async () => {
  const live = new LiveArtifacts(() => Promise.reject(new Error('no room')))
  live.announce(piece('a'))
  await expect(live.finish()).rejects.toThrow('no room')
  expect(() => live.announce(piece('b'))).toThrow('no room')
})

test('once stopped it publishes no more, and nothing is under way', async () => {
  const { live, published, letGo } = held()
  live.announce(piece('a'))
  live.announce(piece('b'))
  const stopped = live.stop()
  letGo()
  await stopped
  expect(published).toEqual(['a'])
})
