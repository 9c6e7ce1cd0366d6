#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/secret.h"
#include "crypto/sigv4.h"
#include "liveness/challenge.h"
#include "liveness/credentials.h"

namespace facegate::liveness {

/// The upgrade request's path ends with this, after whatever prefix the endpoint has.
inline constexpr const char* kStreamPath = "/start-face-liveness-session-websocket";

/// An upgrade request whose signature was verified.
struct AdmittedStream {
    Scope scope;
    LivenessSessionId session;
    int video_width = 0;
    int video_height = 0;
    bool knows_movement_and_light = false;  ///< FaceMovementAndLightChallenge_2.x is among its challenge-versions
    bool knows_movement = false;            ///< FaceMovementChallenge_1.x is
    crypto::ChunkSignatureChain chain;      ///< starts from the URL's signature
};

/// Checks a GET upgrade request: session token, access key, session id, URL signature and its time, video size and
/// challenge versions. kUnauthorized or kValidationFailed; the caller answers both with
/// `refuse_stream(StreamException::kValidation, error.message)`. Whether the session exists and was not started yet is
/// the caller's to check.
Result<AdmittedStream> admit_stream(const crypto::SecretKey& server_key, const crypto::PresignedRequest& request,
                                    TimeMs now);

}  // namespace facegate::liveness
