import type { MonitorWall } from '../converter-options.ts'
import { addPalette, addRows, expectedBytes, READABLE } from './blit-table.ts'
import type { FileOptions, FileWriter } from './file-writer.ts'
import type { Screens } from './frame-encoder.ts'
import { LuaText } from './lua-text.ts'
import { ONE_SCREEN, RESET_SCREEN, wallPrologue } from './lua-program.ts'
import { pictureWriter } from './picture-writer.ts'

/**
 * A call of `show` for each screen. Each frame's tables are in a function of their own: one function has room for the
 * strings of a few hundred frames only.
 */
export function encodeLuaFrame(screens: Screens): Uint8Array {
  const text = new LuaText(screens.reduce((sum, frame) => sum + expectedBytes(frame), 0))
  for (const [index, frame] of screens.entries()) {
    text.add(`show(${index + 1}, function() return {\n`)
    addRows(text, frame, READABLE)
    text.add('}, {\n')
    addPalette(text, frame.palette, READABLE)
    text.add('} end)\n')
  }
  return text.bytes
}

/** A program that shows the frames, each for its time, and a lone one until a key is pressed. */
export function luaWriter({ fps, monitors }: Pick<FileOptions, 'fps'> & { readonly monitors?: MonitorWall }): FileWriter {
  return pictureWriter({
    head: `-- Made by reeltime\n${monitors ? wallPrologue(monitors) : ONE_SCREEN}`,
    afterFrame: fps > 0 ? `sleep(${Number((1 / fps).toPrecision(6))})\n` : '',
    tail: (frames) => `${frames === 1 ? 'read()\n' : ''}${RESET_SCREEN}`,
  })
}
