#pragma once

#include <string>
#include <vector>

#include "domain/audit/signed_head.h"

namespace facegate::app {

/// The file of signed heads outside the database: one JSON object a line, of which `head`, the JWS, is what counts; the
/// other members are for people.

/// Appends and makes durable. What a crash left of a line is cut off before. Throws std::runtime_error naming the file.
void append_heads(const std::string& path, const std::vector<domain::SignedHead>& heads);

struct HeadsFile {
    std::vector<domain::AuditHead> heads;
    std::vector<std::size_t> bad_lines;  ///< by number from 1: no head that this server signed
};
/// Reads at most 4 KiB a line; a last line without its end, as a crash leaves it, is passed over. Throws
/// std::runtime_error if the file cannot be read.
HeadsFile read_heads(const std::string& path, const domain::HeadSigner& signer);

}  // namespace facegate::app
