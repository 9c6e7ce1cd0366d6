#pragma once

#include "media/video_decoder.h"

namespace facegate::media {

/// What a decoder process does with its stream; tests put misbehaving ones in its place.
using DecodeFunction = Decoded (*)(ByteSource& clip, const VideoLimits& limits, const FrameTaker& on_frame);

/// The whole life of the decoder host: waits on standard input, a socket from DecoderHost, for requests, and forks a
/// child for each, which shuts itself in before it reads the first byte. Ends when the socket does. To be called first
/// thing in main(): it forks, so there must be no other thread that holds anything.
int run_decoder_host(DecodeFunction decode = decode_stream);

}  // namespace facegate::media
