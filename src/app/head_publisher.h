#pragma once

#include <string>

#include "base/clock.h"
#include "domain/audit/signed_head.h"
#include "sql/database.h"

namespace facegate::app {

/// Signs the heads of the audit chains that have grown and publishes them to a file outside the database. Stored first,
/// marked as published last: a crash in between writes a line twice, never none. Used by one thread at a time.
class HeadPublisher {
public:
    /// Everything must outlive it. `every`: how often publish_if_due publishes.
    HeadPublisher(sql::Database& database, const domain::AuditTrail& trail, const domain::HeadSigner& signer,
                  Clock& clock, std::string path, Milliseconds every)
        : database_(database),
          trail_(trail),
          signer_(signer),
          clock_(clock),
          path_(std::move(path)),
          every_(every),
          next_(clock.now() + every) {}

    static constexpr std::chrono::minutes kRetry{1};  ///< after a failure

    /// Throws what publish() throws; due again after kRetry then.
    void publish_if_due();
    /// Throws std::runtime_error if the file cannot be written; what is signed by then is published the next time.
    void publish();

private:
    void sign();

    sql::Database& database_;
    const domain::AuditTrail& trail_;
    const domain::HeadSigner& signer_;
    Clock& clock_;
    std::string path_;
    Milliseconds every_;
    TimeMs next_;
};

}  // namespace facegate::app
