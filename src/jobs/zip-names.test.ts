import { expect, test } from 'vitest'
import { ZipNames } from './zip-names.ts'

function taken(...wanted: string[]): string[] {
  const names = new ZipNames()
  return wanted.map((name) => names.take(name))
}

test('a name stays as it is where any system can unpack it', () => {
  expect(taken('a.mp4', '視頻 (1).tar.gz', '.hidden')).toEqual(['a.mp4', '視頻 (1).tar.gz', '.hidden'])
})

test('no name is given out twice, whatever the case of its letters or the way they are composed', () => {
  expect(taken('a.wav', 'a.wav', 'A.WAV', 'a (2).wav', '\u00e9', 'e\u0301')).toEqual(['a.wav', 'a (2).wav', 'A (3).WAV', 'a (2) (2).wav', 'é', 'é (2)'])
})

test.each([
  ['../../etc/passwd', '.._.._etc_passwd'], ['a\\b:c*d?.txt', 'a_b_c_d_.txt'], ['con', '_con'], ['LPT1.txt', '_LPT1.txt'], ['a. ', 'a'],
  ['..', 'file'], ['', 'file'], ['x\u202egnp.exe', 'x_gnp.exe'], ['a\nb', 'a_b'],
])('%j is unpacked as %j', (wanted, name) => {
  expect(taken(wanted)).toEqual([name])
})
