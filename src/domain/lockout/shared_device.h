#pragma once

#include "base/ids.h"
#include "sql/database.h"

namespace facegate::domain {

/// Whether the tenant marked this device as one that many people share, as at a kiosk.
bool is_shared_device(sql::TenantTx& tx, const DeviceId& device);

}  // namespace facegate::domain
