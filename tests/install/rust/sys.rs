//! Types, structures and functions as Rust programs for Fuchsia declare them.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

pub type zx_handle_t = u32;
pub type zx_status_t = i32;
pub type zx_rights_t = u32;
pub type zx_koid_t = u64;
pub type zx_signals_t = u32;
pub type zx_vaddr_t = usize;
pub type zx_vm_option_t = u32;
pub type zx_time_t = i64;

pub const ZX_OK: zx_status_t = 0;
pub const ZX_ERR_NOT_SUPPORTED: zx_status_t = -2;
pub const ZX_ERR_BAD_HANDLE: zx_status_t = -11;
pub const ZX_ERR_OUT_OF_RANGE: zx_status_t = -14;
pub const ZX_ERR_TIMED_OUT: zx_status_t = -21;
pub const ZX_ERR_UNAVAILABLE: zx_status_t = -28;
pub const ZX_ERR_ACCESS_DENIED: zx_status_t = -30;

pub const ZX_RIGHT_EXECUTE: zx_rights_t = 1 << 4;
pub const ZX_RIGHT_SAME_RIGHTS: zx_rights_t = 1 << 31;
pub const ZX_VMO_RESIZABLE: u32 = 1 << 1;
pub const ZX_VMO_UNBOUNDED: u32 = 1 << 4;
pub const ZX_VMO_CHILD_SNAPSHOT: u32 = 1 << 0;
pub const ZX_VMO_CHILD_SLICE: u32 = 1 << 3;
pub const ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE: u32 = 1 << 4;
pub const ZX_VMO_CHILD_NO_WRITE: u32 = 1 << 5;
pub const ZX_VMO_OP_LOCK: u32 = 3;
pub const ZX_VMO_OP_UNLOCK: u32 = 4;
pub const ZX_VMO_OP_CACHE_SYNC: u32 = 6;
pub const ZX_VMO_OP_CACHE_CLEAN_INVALIDATE: u32 = 9;
pub const ZX_VMO_OP_ZERO: u32 = 10;
pub const ZX_VM_PERM_READ: zx_vm_option_t = 1 << 0;
pub const ZX_VM_PERM_WRITE: zx_vm_option_t = 1 << 1;
pub const ZX_VM_CAN_MAP_READ: zx_vm_option_t = 1 << 7;
pub const ZX_VM_CAN_MAP_WRITE: zx_vm_option_t = 1 << 8;
pub const ZX_INFO_HANDLE_BASIC: u32 = 2;
pub const ZX_INFO_VMAR: u32 = 7;
pub const ZX_INFO_VMO: u32 = 0x3000_0017;
pub const ZX_INFO_VMO_IS_COW_CLONE: u32 = 1 << 2;
pub const ZX_INFO_VMAR_MAPS: u32 = 36;
pub const ZX_INFO_MAPS_TYPE_MAPPING: u32 = 3;
pub const ZX_PROP_NAME: u32 = 3;
pub const ZX_PROP_VMO_CONTENT_SIZE: u32 = 17;
pub const ZX_USER_SIGNAL_0: zx_signals_t = 1 << 24;

#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct zx_info_handle_basic_t {
    pub koid: zx_koid_t,
    pub rights: zx_rights_t,
    pub type_: u32,
    pub related_koid: zx_koid_t,
    pub reserved: u32,
    pub padding1: [u8; 4],
}

#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct zx_info_vmar_t {
    pub base: usize,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct zx_info_vmo_t {
    pub koid: zx_koid_t,
    pub name: [u8; 32],
    pub size_bytes: u64,
    pub parent_koid: zx_koid_t,
    pub num_children: usize,
    pub num_mappings: usize,
    pub share_count: usize,
    pub flags: u32,
    pub padding1: [u8; 4],
    pub committed_bytes: u64,
    pub handle_rights: zx_rights_t,
    pub cache_policy: u32,
    pub metadata_bytes: u64,
    pub committed_change_events: u64,
    pub populated_bytes: u64,
    pub committed_private_bytes: u64,
    pub populated_private_bytes: u64,
    pub committed_scaled_bytes: u64,
    pub populated_scaled_bytes: u64,
    pub committed_fractional_scaled_bytes: u64,
    pub populated_fractional_scaled_bytes: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct zx_info_maps_mapping_t {
    pub mmu_flags: u32,
    pub padding1: [u8; 4],
    pub vmo_koid: zx_koid_t,
    pub vmo_offset: u64,
    pub committed_bytes: usize,
    pub populated_bytes: usize,
    pub committed_private_bytes: usize,
    pub populated_private_bytes: usize,
    pub committed_scaled_bytes: usize,
    pub populated_scaled_bytes: usize,
    pub committed_fractional_scaled_bytes: u64,
    pub populated_fractional_scaled_bytes: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct zx_info_maps_t {
    pub name: [u8; 32],
    pub base: zx_vaddr_t,
    pub size: usize,
    pub depth: usize,
    pub type_: u32,
    pub mapping: zx_info_maps_mapping_t,
}

#[link(name = "zircon")]
extern "C" {
    pub fn zx_handle_close(handle: zx_handle_t) -> zx_status_t;
    pub fn zx_handle_duplicate(
        handle: zx_handle_t,
        rights: zx_rights_t,
        out: *mut zx_handle_t,
    ) -> zx_status_t;
    pub fn zx_object_get_info(
        handle: zx_handle_t,
        topic: u32,
        buffer: *mut u8,
        buffer_size: usize,
        actual: *mut usize,
        avail: *mut usize,
    ) -> zx_status_t;
    pub fn zx_object_get_property(
        handle: zx_handle_t,
        property: u32,
        value: *mut c_void,
        size: usize,
    ) -> zx_status_t;
    pub fn zx_object_set_property(
        handle: zx_handle_t,
        property: u32,
        value: *const c_void,
        size: usize,
    ) -> zx_status_t;
    pub fn zx_object_signal(handle: zx_handle_t, clear: u32, set: u32) -> zx_status_t;
    pub fn zx_object_wait_one(
        handle: zx_handle_t,
        signals: zx_signals_t,
        deadline: zx_time_t,
        observed: *mut zx_signals_t,
    ) -> zx_status_t;
    pub fn zx_vmo_create(size: u64, options: u32, out: *mut zx_handle_t) -> zx_status_t;
    pub fn zx_vmo_create_contiguous(
        bti: zx_handle_t,
        size: usize,
        alignment_log2: u32,
        out: *mut zx_handle_t,
    ) -> zx_status_t;
    pub fn zx_vmo_read(h: zx_handle_t, buffer: *mut u8, offset: u64, size: usize) -> zx_status_t;
    pub fn zx_vmo_write(h: zx_handle_t, buffer: *const u8, offset: u64, size: usize)
        -> zx_status_t;
    pub fn zx_vmo_get_size(handle: zx_handle_t, size: *mut u64) -> zx_status_t;
    pub fn zx_vmo_set_size(handle: zx_handle_t, size: u64) -> zx_status_t;
    pub fn zx_vmo_get_stream_size(handle: zx_handle_t, size: *mut u64) -> zx_status_t;
    pub fn zx_vmo_set_stream_size(handle: zx_handle_t, size: u64) -> zx_status_t;
    pub fn zx_vmo_op_range(
        handle: zx_handle_t,
        op: u32,
        offset: u64,
        size: u64,
        buffer: *mut u8,
        buffer_size: usize,
    ) -> zx_status_t;
    pub fn zx_vmo_create_child(
        handle: zx_handle_t,
        options: u32,
        offset: u64,
        size: u64,
        out: *mut zx_handle_t,
    ) -> zx_status_t;
    pub fn zx_vmo_replace_as_executable(
        handle: zx_handle_t,
        vmex: zx_handle_t,
        out: *mut zx_handle_t,
    ) -> zx_status_t;
    pub fn zx_vmar_allocate(
        parent: zx_handle_t,
        options: zx_vm_option_t,
        offset: usize,
        size: usize,
        child: *mut zx_handle_t,
        address: *mut zx_vaddr_t,
    ) -> zx_status_t;
    pub fn zx_vmar_map(
        vmar: zx_handle_t,
        options: zx_vm_option_t,
        vmar_offset: usize,
        vmo: zx_handle_t,
        vmo_offset: u64,
        len: usize,
        mapped: *mut zx_vaddr_t,
    ) -> zx_status_t;
    pub fn zx_vmar_unmap(vmar: zx_handle_t, address: zx_vaddr_t, len: usize) -> zx_status_t;
    pub fn zx_vmar_destroy(vmar: zx_handle_t) -> zx_status_t;
    pub fn zx_vmar_root_self() -> zx_handle_t;
    pub fn zx_event_create(options: u32, out: *mut zx_handle_t) -> zx_status_t;
    pub fn zx_system_get_page_size() -> u32;
    pub fn zx_cprng_draw(buffer: *mut u8, size: usize);
    pub fn zx_clock_get_monotonic() -> zx_time_t;
}
