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

test('files come in the order in which they were announced, and of what one that grows was meanwhile only the first and the last', async () => {
  const { live, published, letGo } = held()
  for (const spec of [piece('a'), list('of a'), piece('b'), list('of a b'), piece('c'), list('of a b c')]) live.announce(spec)
  letGo()
  await live.finish()
  expect(published).toEqual(['a', 'of a', 'b', 'c', 'of a b c'])
  expect(live.names).toEqual(['a', 'list', 'b', 'c'])
})

test('what names one that grows does not come before it', async () => {
  const { live, published, letGo } = held()
  for (const spec of [piece('a'), list('of a'), piece('names list'), piece('b'), list('of a b')]) live.announce(spec)
  letGo()
  await live.finish()
  expect(published).toEqual(['a', 'of a', 'names list', 'b', 'of a b'])
})

test('one that grows comes as often as there is time for it where more is announced than can be published', async () => {
  const published: string[] = []
  let made = 0
  const announce = (live: LiveArtifacts) => {
    made++
    live.announce(piece(`piece ${made}`))
    live.announce(list(`of ${made}`))
  }
  const live: LiveArtifacts = new LiveArtifacts(async ({ file, text }) => {
    await Promise.resolve()
    published.push(text ?? file)
    if (made < 50) announce(live)
  })
  announce(live)
  await live.finish()
  expect(published.slice(0, 20).filter((name) => name.startsWith('of ')).length).toBeGreaterThan(2)
  expect(published.at(-1)).toBe('of 50')
  for (const [at, name] of published.entries()) if (name.startsWith('of ')) expect(published.slice(0, at)).toContain(name.replace('of', 'piece'))
})

test('the last version of what grew is not left out for one that still grows', async () => {
  const { live, published, letGo } = held()
  const { grows: _, ...last } = list('whole')
  for (const spec of [list('a'), list('a b'), last]) live.announce(spec)
  letGo()
  await live.finish()
  expect(published).toEqual(['a', 'a b', 'whole'])
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
