import type { Region } from '../region.ts'
import type { FindTask, RemoveTask } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import type { Teller } from './teller.ts'

export async function findLogo(_logo: string, _task: FindTask | RemoveTask, _tools: { readonly ffmpeg: FfmpegStarter; readonly teller: Teller }): Promise<readonly Region[]> {
  return []
}
