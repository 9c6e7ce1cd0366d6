#include "domain/lockout/shared_device.h"

namespace facegate::domain {

bool is_shared_device(sql::TenantTx&, const DeviceId&) {
    return false;
}

}  // namespace facegate::domain
