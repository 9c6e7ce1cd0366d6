#include "domain/users/user_list.h"

#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/page_fields.h"

namespace facegate::api {

namespace {

constexpr std::string_view kList = "users";
/// Without any parameter everybody is listed, as far as one answer can reasonably hold.
constexpr int kMostUnasked = 10'000;

struct ListRequest {
    std::optional<std::int64_t> limit;
    std::optional<std::string> cursor;
    std::optional<std::string> status;
    std::optional<std::string> external_id;
    std::optional<std::string> q;
    std::optional<bool> possible_duplicate;

    static const Schema<ListRequest>& schema() {
        static const Schema<ListRequest> kSchema(
            "UserListRequest",
            {limit_field(&ListRequest::limit), cursor_field(&ListRequest::cursor),
             field("status", &ListRequest::status, "Only users of this status.")
                 .one_of({"active", "suspended", "locked"}),
             field("external_id", &ListRequest::external_id, "Only the user with this id of yours.")
                 .min_length(1)
                 .max_length(256),
             field("q", &ListRequest::q, "Only users whose name or email address contains this, in any case.")
                 .min_length(1)
                 .max_length(100),
             field("possible_duplicate", &ListRequest::possible_duplicate,
                   "`true`: only users who were enrolled with `allow_duplicate` although the face resembled another "
                   "user's.")});
        return kSchema;
    }

    [[nodiscard]] bool asks_for_all() const {
        return !limit && !cursor && !status && !external_id && !q && !possible_duplicate;
    }
};

struct UserList {
    std::vector<UserItem> users;
    std::optional<std::string> next_cursor;

    static const Schema<UserList>& schema() {
        static const Schema<UserList> kSchema(
            "UserList", {field("users", &UserList::users, "Oldest first."), next_cursor_field(&UserList::next_cursor)});
        return kSchema;
    }
};

Result<UserList> list(Services& services, Call<ListRequest>& call) {
    const ListRequest& request = call.body;
    const Scope& scope = call.caller.scope;
    const auto after = read_page_cursor(services.vault, scope, kList, request.cursor);
    if (!after) return std::unexpected(after.error());
    domain::UserFilter filter;
    if (request.status) filter.status = domain::user_status_of(*request.status);
    filter.external_id = request.external_id;
    filter.text = request.q;
    filter.possible_duplicate = request.possible_duplicate.value_or(false);
    const int limit = request.asks_for_all() ? kMostUnasked : page_size(request.limit);
    const domain::UserPage page =
        services.database.read(scope, [&](sql::TenantTx& tx) { return domain::list_users(tx, filter, *after, limit); });
    UserList answer;
    answer.users.reserve(page.users.size());
    for (const domain::User& user : page.users) answer.users.push_back(UserItem::of(user));
    answer.next_cursor = make_page_cursor(services.vault, scope, kList, page.next);
    return answer;
}

}  // namespace

void add_user_list_route(RouteTable& routes, Services& services) {
    routes.add<ListRequest, UserList>(
        {.method = "GET",
         .path = "/v1/users",
         .summary = "List enrolled users",
         .doc =
             "Without parameters all users, up to 10,000; with any of them a page of at most `limit`. Where more "
             "follow, the answer has a `next_cursor`. Users who come or go between two pages neither repeat nor hide "
             "another one. A page of a search by `q` can be short, or empty, and still have a `next_cursor`.",
         .tag = "Users",
         .auth = Auth::kSecretKey},
        [&services](Call<ListRequest>& call) { return list(services, call); });
}

}  // namespace facegate::api
