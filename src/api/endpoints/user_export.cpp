#include <charconv>

#include "api/answers.h"
#include "api/endpoints/consent_detail.h"
#include "api/endpoints/devices.h"
#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/endpoints/user_sessions.h"
#include "api/page_fields.h"
#include "domain/audit/subject_records.h"
#include "domain/sessions/session_list.h"

namespace facegate::api {

namespace {

/// Entries of the long lists in one answer.
constexpr int kEntriesAtOnce = 1000;

struct ExportRequest {
    std::optional<std::string> cursor;

    static const Schema<ExportRequest>& schema() {
        static const Schema<ExportRequest> kSchema("UserExportRequest", {cursor_field(&ExportRequest::cursor)});
        return kSchema;
    }
};

struct ExportedRecord {
    std::int64_t seq = 0;
    TimeMs created_at;
    std::string actor;
    std::string action;
    boost::json::object details;

    static const Schema<ExportedRecord>& schema() {
        using Record = ExportedRecord;
        static const Schema<Record> kSchema(
            "ExportedAuditRecord",
            {field("seq", &Record::seq, "Number of the record in the tenant's audit chain."),
             field("created_at", &Record::created_at, "When it was done."),
             field("actor", &Record::actor, "Who did it: a key's id, `system`, `stream` or `demo`."),
             field("action", &Record::action, "What was done."),
             field("details", &Record::details, "More about it, without the figures of face comparisons.")});
        return kSchema;
    }
};

struct ExportAnswer {
    TimeMs exported_at;
    UserProfileAnswer profile;
    std::vector<ConsentDetail> consents;
    std::vector<DeviceItem> devices;
    std::vector<SessionItem> sessions;
    std::vector<ExportedRecord> audit;
    std::optional<std::string> next_cursor;

    static const Schema<ExportAnswer>& schema() {
        using Answer = ExportAnswer;
        static const Schema<Answer> kSchema(
            "UserExport", {field("exported_at", &Answer::exported_at, "When."),
                           field("profile", &Answer::profile,
                                 "As in GET /v1/users/:id. Templates are numbers only this server can use "
                                 "and are left out."),
                           field("consents", &Answer::consents, "What the person agreed to, the first one first."),
                           field("devices", &Answer::devices, "Devices the person signed in from."),
                           field("sessions", &Answer::sessions, "Sign-ins, the latest first, ended ones included."),
                           field("audit", &Answer::audit, "What was done with this user, the first record first."),
                           next_cursor_field(&Answer::next_cursor)});
        return kSchema;
    }
};

/// The long lists, in the order in which an export goes through them.
enum class Section { kConsents, kDevices, kSessions, kAudit, kEnd };

/// Where an export goes on: behind `after` of `section`; empty: at its beginning.
struct ExportPosition {
    Section section = Section::kConsents;
    std::string after;
};

std::string to_text(const ExportPosition& position) {
    return std::to_string(static_cast<int>(position.section)) + ':' + position.after;
}

std::optional<ExportPosition> position_in(const std::string& text) {
    if (text.size() < 2 || text[0] < '0' || text[0] >= '0' + static_cast<int>(Section::kEnd) || text[1] != ':') {
        return std::nullopt;
    }
    return ExportPosition{static_cast<Section>(text[0] - '0'), text.substr(2)};
}

/// Figures of comparisons are for the operator alone: they would help to climb towards somebody else's face.
boost::json::object without_match_figures(const std::string& text) {
    boost::json::object details = stored_object(text);
    for (const char* figure : {"score", "threshold", "fmr", "fmr_extrapolated", "false_match", "required", "people"}) {
        details.erase(figure);
    }
    return details;
}

/// Goes through the sections from one place on until an answer is full.
class Exporter {
public:
    Exporter(Services& services, sql::TenantTx& tx, UserId user, ExportAnswer& answer)
        : services_(services), tx_(tx), user_(std::move(user)), answer_(answer) {}

    /// Where the next answer begins; nothing once all was exported.
    std::optional<ExportPosition> run(ExportPosition position) {
        int room = kEntriesAtOnce;
        while (position.section != Section::kEnd) {
            if (room == 0) return position;
            std::optional<std::string> next = fill(position, room);
            if (next) return ExportPosition{position.section, std::move(*next)};
            position = {static_cast<Section>(static_cast<int>(position.section) + 1), {}};
        }
        return std::nullopt;
    }

private:
    /// Adds up to `room` entries and takes them off it; where the section goes on, if it does.
    std::optional<std::string> fill(const ExportPosition& position, int& room) {
        switch (position.section) {
            case Section::kConsents: return add_consents(domain::page_position_in(position.after), room);
            case Section::kDevices: return add_devices(position.after, room);
            case Section::kSessions: return add_sessions(domain::page_position_in(position.after), room);
            case Section::kAudit: return add_records(position.after, room);
            case Section::kEnd: break;
        }
        return std::nullopt;
    }

    std::optional<std::string> add_consents(const std::optional<domain::PagePosition>& after, int& room) {
        const auto consents = domain::consents_of_user(tx_, user_, after, room);
        for (const domain::Consent& consent : consents) {
            answer_.consents.push_back(ConsentDetail::of(tx_, services_.vault, consent));
        }
        if (!took_all(consents.size(), room)) return std::nullopt;
        const domain::Consent& last = consents.back();
        return domain::to_text(domain::PagePosition{to_unix_ms(last.consented_at), last.id.value});
    }

    std::optional<std::string> add_devices(const std::string& after, int& room) {
        const auto devices = domain::list_devices(tx_, {.user = user_}, after, room, services_.clock.now());
        for (const domain::ListedDevice& device : devices) answer_.devices.push_back(DeviceItem::of(device));
        if (!took_all(devices.size(), room)) return std::nullopt;
        return devices.back().id.value;
    }

    std::optional<std::string> add_sessions(const std::optional<domain::PagePosition>& after, int& room) {
        const TimeMs now = services_.clock.now();
        const domain::SessionPage page = domain::list_sessions(tx_, user_, true, after, room, now);
        for (const domain::Session& session : page.sessions) answer_.sessions.push_back(SessionItem::of(session, now));
        room -= static_cast<int>(page.sessions.size());
        if (!page.next) return std::nullopt;
        return domain::to_text(*page.next);
    }

    std::optional<std::string> add_records(const std::string& after, int& room) {
        std::int64_t seq = 0;
        std::from_chars(after.data(), after.data() + after.size(), seq);
        const auto records = domain::records_about(tx_, services_.audit, user_.value, seq, room);
        for (const domain::SubjectRecord& record : records) {
            answer_.audit.push_back(
                {record.seq, record.created_at, record.actor, record.action, without_match_figures(record.details)});
        }
        if (!took_all(records.size(), room)) return std::nullopt;
        return std::to_string(records.back().seq);
    }

    /// Whether the room is used up by them, so that more may follow.
    static bool took_all(std::size_t entries, int& room) {
        room -= static_cast<int>(entries);
        return entries > 0 && room == 0;
    }

    Services& services_;
    sql::TenantTx& tx_;
    UserId user_;
    ExportAnswer& answer_;
};

Result<ExportPosition> start_of(Services& services, const Scope& scope, const std::string& list,
                                const std::optional<std::string>& cursor) {
    if (!cursor) return ExportPosition{};
    const Result<std::string> text = read_cursor(services.vault, scope, list, *cursor);
    if (!text) return std::unexpected(text.error());
    const std::optional<ExportPosition> position = position_in(*text);
    if (!position) return invalid_cursor();
    return *position;
}

Result<ExportAnswer> export_user(Services& services, Call<ExportRequest>& call) {
    const Scope& scope = call.caller.scope;
    const UserId user(call.param("id"));
    const std::string list = "export/" + user.value;
    const Result<ExportPosition> from = start_of(services, scope, list, call.body.cursor);
    if (!from) return std::unexpected(from.error());
    Result<ExportAnswer> exported = services.database.read(scope, [&](sql::TenantTx& tx) -> Result<ExportAnswer> {
        Result<UserProfileAnswer> profile = profile_of(tx, user);
        if (!profile) return std::unexpected(profile.error());
        ExportAnswer answer;
        answer.exported_at = services.clock.now();
        answer.profile = std::move(*profile);
        const auto next = Exporter(services, tx, user, answer).run(*from);
        if (next) answer.next_cursor = make_cursor(services.vault, scope, list, to_text(*next));
        return answer;
    });
    if (!exported) return exported;
    const Result<void> recorded = services.database.write(scope, [&](sql::TenantTx& tx) -> Result<void> {
        if (!domain::find_user(tx, user)) return unknown_user();
        const boost::json::object details{{"continued", call.body.cursor.has_value()}};
        services.audit.append(tx, {call.caller.key.value, "user.exported", user.value, boost::json::serialize(details)},
                              services.clock.now());
        return {};
    });
    if (!recorded) return std::unexpected(recorded.error());
    return exported;
}

}  // namespace

void add_user_export_route(RouteTable& routes, Services& services) {
    routes.add<ExportRequest, ExportAnswer>(
        {.method = "GET",
         .path = "/v1/users/:id/export",
         .summary = "Export everything held about a user",
         .doc = "For a person who asks what is stored about them. An answer holds the profile and up to 1,000 entries "
                "of the "
                "lists, one list after the other; where more follow it has a `next_cursor`. Each call is audited.",
         .tag = "Users",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<ExportRequest>& call) { return export_user(services, call); });
}

}  // namespace facegate::api
