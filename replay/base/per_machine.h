#ifndef PLUMBLINE_REPLAY_BASE_PER_MACHINE_H_
#define PLUMBLINE_REPLAY_BASE_PER_MACHINE_H_

// A copy for each kind of machine, chosen when the program is loaded; before
// that a sanitizer could not yet look on.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PLUMBLINE_PER_MACHINE \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PLUMBLINE_PER_MACHINE
#endif

#endif  // PLUMBLINE_REPLAY_BASE_PER_MACHINE_H_
