export { HubClient } from './hub-client.ts'
export type {
  Health, HubClientOptions, JobFilter, JobPage, SubmitOptions, ToolInfo,
} from './hub-client.ts'
export { JobHandle } from './job-handle.ts'
export type { DownloadOptions, HistoryOptions } from './job-handle.ts'
export { HubProblem, HubUnreachableError } from './hub-problem.ts'
export type { FieldProblem } from './hub-problem.ts'
export type { ConnectionDetail, ConnectionState, FollowOptions } from './follow.ts'
export type { TransportName } from './hub.ts'
export type { WebSocketConstructor, WebSocketLike } from './transport.websocket.ts'
export type { Upload, UploadBody, UploadOptions } from './upload.ts'
export { applyEvent, EMPTY_JOB, hasEnded } from '../jobs/job.ts'
export type { Artifact, EventType, Job, JobError, JobEvent, JobStatus, LogLine } from '../jobs/job.ts'
