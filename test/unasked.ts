import type { Workspace } from '../src/tools/tool.ts'

/** What most plans do not ask of their workspace. */
export const UNASKED: Pick<Workspace, 'soundSeconds' | 'read'> = {
  soundSeconds: () => Promise.reject(new Error('asked how long a sound is')),
  read: () => Promise.reject(new Error('asked what a file says')),
}
