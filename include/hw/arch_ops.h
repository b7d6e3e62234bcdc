/*
 * Barriers for memory that devices share: all accesses, loads, stores.
 */
#ifndef HW_ARCH_OPS_H_
#define HW_ARCH_OPS_H_

#if defined(__x86_64__)
#define hw_mb() __asm__ volatile("mfence" ::: "memory")
#define hw_rmb() __asm__ volatile("lfence" ::: "memory")
#define hw_wmb() __asm__ volatile("sfence" ::: "memory")
#elif defined(__aarch64__)
#define hw_mb() __asm__ volatile("dmb sy" ::: "memory")
#define hw_rmb() __asm__ volatile("dmb ld" ::: "memory")
#define hw_wmb() __asm__ volatile("dmb st" ::: "memory")
#elif defined(__riscv)
#define hw_mb() __asm__ volatile("fence iorw, iorw" ::: "memory")
#define hw_rmb() __asm__ volatile("fence ir, ir" ::: "memory")
#define hw_wmb() __asm__ volatile("fence ow, ow" ::: "memory")
#else
#define hw_mb() __sync_synchronize()
#define hw_rmb() __sync_synchronize()
#define hw_wmb() __sync_synchronize()
#endif

#endif /* HW_ARCH_OPS_H_ */
