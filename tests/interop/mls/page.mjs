// A page's behaviour in a room, without a browser: bundled for Node by lib/page-member.mjs.
export { deriveRoomKeys, signAdmission } from '../../../web/src/lib/crypto/room-keys';
export { sealName } from '../../../web/src/lib/crypto/seal';
export { FrameKeys } from '../../../web/src/lib/e2ee/frame-crypter';
export { Host } from '../../../web/src/lib/mls/group/host';
export { makeRoom } from '../../../web/src/lib/mls/group/room';
export { loadSuite } from '../../../web/src/lib/mls/group/suite';
export { groupBody } from '../../../web/src/lib/protocol/group-wire';
export { decodeMessage, encodeMessage } from '../../../web/src/lib/protocol/wire';
