#pragma once

#include "rift/base/sqlite.h"

namespace rift::search {

/// The tables of Optuna's relational storage (version 12 of its schema, revision v3.2.0.a: Optuna 3.2 to 5.0), which
/// are made where the database has none. Throws kArtefact when the database holds other tables, kUnsupported when its
/// tables are of another revision.
void require_schema(SqliteDatabase& database);

}  // namespace rift::search
