/** Why a session with the server ends, or cannot begin. */
export type SessionErrorCode =
  | 'link-wrong' // secret and room do not belong together, or the server does not know the room
  | 'link-expired'
  | 'clock' // that of the device is wrong by hours
  | 'server-clock' // that of the server is
  | 'clocks-differ' // nobody can tell which of the two is wrong
  | 'room-full'
  | 'room-locked' // by the operator
  | 'too-many' // 429; retryAfter in seconds
  | 'version' // page older than the server
  | 'server-unreachable'
  | 'draining'
  | 'moved' // another tab of this browser has taken the call
  | 'internal';
