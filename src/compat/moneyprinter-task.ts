import type { Job, JobStatus } from '../jobs/job.ts'

/** What makes the dialect's tasks. */
export const TASK_TOOLS: readonly string[] = ['compose', 'audio', 'subtitles']

/** 0 is known to its newer clients; to the others what waits is being worked on. */
const STATES: Record<JobStatus, number> = { queued: 0, running: 4, completed: 1, failed: -1, cancelled: -1 }
const PROCESSING = 4

export interface TaskView {
  /** What the client knows it by. */
  readonly taskId: string
  readonly baseUrl: string
  readonly isClassic: boolean
}

/** A job as one of its tasks. `error`, `error_code`, `cancelled` and the URLs to follow it are our own. */
export function toTask(job: Job, { taskId, baseUrl, isClassic }: TaskView): object {
  const state = isClassic && job.status === 'queued' ? PROCESSING : STATES[job.status]
  const linkTo = (name: string) => `${baseUrl}/tasks/${taskId}/${name}`
  const named = job.artifacts.map(({ name }) => fileOf(name))
  const isDone = job.status === 'completed'
  const videos = isDone ? named.filter((name) => name.startsWith('final-')) : []
  return {
    task_id: taskId, state, progress: Math.floor(job.progress ?? 0),
    ...(videos.length > 0 && { videos: videos.map(linkTo), combined_videos: videos.map(linkTo) }),
    ...(isDone && named.includes('audio.mp3') && { audio_file: linkTo('audio.mp3') }),
    ...(isDone && named.includes('subtitle.srt') && { subtitle_path: linkTo('subtitle.srt') }),
    ...(job.error && { error: job.error.message, error_code: job.error.code }), ...(job.status === 'cancelled' && { cancelled: true }),
    ...(job.queue_position !== undefined && { queue_position: job.queue_position }),
    job_id: job.id, events_url: `${baseUrl}/api/jobs/${job.id}/events`,
  }
}

/** The dialect's name of an artifact. */
export function fileOf(artifact: string): string {
  const [, number] = /^video(?:-(\d+))?\.mp4$/.exec(artifact) ?? []
  if (artifact.startsWith('video')) return `final-${number ?? 1}.mp4`
  return artifact === 'subtitles.srt' ? 'subtitle.srt' : artifact
}
