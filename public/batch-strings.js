import { registerStrings } from './language.js'

registerStrings({
  en: {
    'batch.title': 'Batch of {count}',
    'batch.items': 'What is in it',
    'batch.ended': '{ended} of {count} have ended',
    'batch.failed': '{failed} failed',
    'batch.zip': 'Download all (ZIP)',
    'batch.cancel': 'Cancel all',
    'batch.retry': 'Run what failed again',
    'batch.not_found': 'There is no such batch here',
  },
  zh: {
    'batch.title': '批次，共 {count} 个任务',
    'batch.items': '其中的任务',
    'batch.ended': '已结束 {ended} / {count}',
    'batch.failed': '{failed} 个失败',
    'batch.zip': '全部下载（ZIP）',
    'batch.cancel': '全部取消',
    'batch.retry': '重新运行失败的任务',
    'batch.not_found': '这里没有这个批次',
  },
})
