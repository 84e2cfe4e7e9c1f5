#pragma once

namespace rift {

/// From now on peak_memory_mib() is the peak of what follows. Where the system does not allow it, peaks are those of
/// the process.
void forget_peak_memory();

/// The most memory that the process has held, in MiB; 0 where the system does not say.
double peak_memory_mib();

/// Gives memory that was freed, but that the allocator keeps for whoever asks next, back to the system: between two
/// phases of which the second asks for other sizes, or where a peak is to be that of what follows alone.
void return_free_memory();

}  // namespace rift
