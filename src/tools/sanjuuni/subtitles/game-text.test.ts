import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gameText } from './game-text.ts'

test.each([
  ['plain: {~}', 'plain: {~}'],
  ['Ærøskøbing, façade, ¿qué? ©', 'Ærøskøbing, façade, ¿qué? ©'],
  ['cafe\u0301', 'café'],
  ['Dvořák, Łódź, Şişli, Œuvre', 'Dvorák, Lódz, Sisli, Oeuvre'],
  ['„Wie geht’s?“ – “Gut…” ‹so›', '"Wie geht\'s?" - "Gut..." <so>'],
  ['Привет, Щука! Її', 'Privet, Shchuka! Yiyi'],
  ['Ψυχή και Όμηρος', 'Psychi kai Omiros'],
  ['♪ la ♫ ♥ •', '\x0e la \x0e \x03 \x07'],
  ['ＡＢＣ１２３　ﬁ ½ ²', 'ABC123 fi ½ ²'],
  ['100 € ™', '100 EUR TM'],
  ['漢字 😀 \ud800', '?? ? ?'],
  ['so\u00adft \u200bze\u200dro\ufeff\x07\x7f\x80\x9f', 'soft zero'],
  ['tab\there', 'tab here'],
])('%j reads %j on a screen of the game', (text, shown) => {
  expect(gameText(text)).toBe(shown)
})

test('any text comes out in bytes that draw no pixels and end no line', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(gameText(text)).toMatch(/^[\x01-\x07\x0b\x0c\x0e-\x1f\x20-\x7e\xa0-\xff]*$/)
  }), { numRuns: 500 })
})
