// Messages of the liveness stream as a server sends them: prelude, string headers, JSON, CRC-32 of both (big-endian).

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function uint32(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

function header([name, value]) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
}

/** Base64 of one message. */
function message(headers, body) {
  const head = Buffer.concat(Object.entries({ ...headers, ':content-type': 'application/json' }).map(header));
  const json = Buffer.from(JSON.stringify(body));
  const sizes = uint32(16 + head.length + json.length, head.length);
  const all = Buffer.concat([sizes, uint32(crc32(sizes)), head, json]);
  return Buffer.concat([all, uint32(crc32(all))]).toString('base64');
}

/** `type`: "ThrottlingException", ... */
export const exception_message = (type, text) =>
  message({ ':message-type': 'exception', ':exception-type': type }, { Message: text, Code: 'REFUSED' });

const kOval = { Width: 288, Height: 465, CenterX: 320, CenterY: 240 };
const kLimits = {
  BlazeFaceDetectionThreshold: 0.75, FaceDistanceThresholdMin: 0.4, FaceDistanceThreshold: 0.4, FaceDistanceThresholdMax: 0,
  OvalIouThreshold: 0.7, OvalHeightWidthRatio: 1.618, OvalIouWidthThreshold: 0.25, OvalIouHeightThreshold: 0.25,
  FaceIouWidthThreshold: 0.15, FaceIouHeightThreshold: 0.15, OvalFitTimeout: 7000,
};
const kColours = [[0, 0, 0], [0, 255, 0], [255, 0, 0]].map((RGB, index) => ({
  FreshnessColor: { RGB }, DownscrollDuration: index === 0 ? 0 : 475, FlatDisplayDuration: index === 0 ? 75 : 0,
}));

const session_information = (challenge) =>
  message({ ':message-type': 'event', ':event-type': 'ServerSessionInformationEvent' }, { SessionInformation: { Challenge: challenge } });

export const movement_and_light = session_information({
  FaceMovementAndLightChallenge: { OvalParameters: kOval, LightChallengeType: 'SEQUENTIAL', ChallengeConfig: kLimits, ColorSequences: kColours },
});
export const movement = session_information({ FaceMovementChallenge: { OvalParameters: kOval, ChallengeConfig: kLimits } });

/** The server has judged the recording. */
export const disconnection = message({ ':message-type': 'event', ':event-type': 'DisconnectionEvent' }, { TimestampMillis: 1 });
