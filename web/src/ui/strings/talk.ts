/** The texts of comparing, chat, hands and reactions; part of `strings`. */

const them = (name: string) => name || 'the other person';

export const talkStrings = {
  verify: {
    people: 'In this call',
    you: 'You',
    verified: 'Verified',
    encrypted: 'Encrypted, not compared yet',
    what: 'Compare pictures to be sure that nobody is listening in between, not even somebody who has the link.',
    begin: 'Compare pictures',
    again: 'Compare again',
    waiting: 'Waiting for the other browsers…',
    ask: 'Read these aloud to each other. Do all of you see the same seven pictures, in this order?',
    match: 'They match',
    differ: 'They differ',
    stop: 'Stop',
    failed: 'The comparison was interrupted: somebody left or lost the connection. Try again.',
    matched: 'Verified. The mark stays while these people are in the call.',
    mismatch:
      'The pictures differ: somebody may be listening in. Say nothing private here, leave, and send a new link another way.',
    alone: 'Nobody else is in the call yet.',
    details: 'Room code',
    codeHint: 'Sixty digits, the same for everybody. They change when somebody comes or goes.',
    asked: 'Pictures are ready to compare',
    show: 'Show',
    heard: 'Pictures are ready to compare. Open Security to see them.',
  },
  held: {
    title: 'Nothing is being sent',
    body: 'Your keys are being renewed. Sound and picture continue after that.',
  },
  chat: {
    title: 'Chat',
    empty: 'Messages are encrypted like the call, and gone when it ends.',
    field: 'Message',
    send: 'Send',
    me: 'You',
    pending: 'Waiting to be sent',
    failed: 'Not sent',
    said: (name: string, text: string) => `${name || 'Someone'} wrote: ${text}`,
    unread: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
  },
  hand: {
    raise: 'Raise hand',
    lower: 'Lower hand',
    raised: (name: string) => `${name || 'Someone'} raised a hand`,
    up: 'Hand raised',
    mine: 'Your hand is raised',
  },
  reactions: {
    title: 'Reactions',
    names: {
      '👍': 'Thumbs up',
      '❤️': 'Heart',
      '😂': 'Laughing',
      '🎉': 'Party',
      '😮': 'Astonished',
      '👏': 'Applause',
    } as Record<string, string>,
    of: (name: string, what: string) => `${name || 'Someone'}: ${what}`,
  },
  tile: {
    unlocking: (name: string) => `Refreshing the keys with ${them(name)}…`,
  },
} as const;
