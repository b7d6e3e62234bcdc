//! What the Rust crates of Fuchsia promise of VMOs and VMARs, on libzircon.so.
mod sys;

use sys::*;
use std::mem::{offset_of, size_of};
use std::ptr::null_mut;

type Result<T> = std::result::Result<T, zx_status_t>;

fn ok(status: zx_status_t) -> Result<()> {
    if status == ZX_OK { Ok(()) } else { Err(status) }
}

/// Closed when it is dropped.
struct Handle(zx_handle_t);

impl Drop for Handle {
    fn drop(&mut self) {
        assert_eq!(unsafe { zx_handle_close(self.0) }, ZX_OK);
    }
}

impl Handle {
    fn make(call: impl FnOnce(*mut zx_handle_t) -> zx_status_t) -> Result<Self> {
        let mut handle = 0;
        ok(call(&mut handle))?;
        Ok(Handle(handle))
    }
    fn info<T: Default>(&self, topic: u32) -> Result<T> {
        let mut info = T::default();
        ok(unsafe {
            let to = &mut info as *mut T as *mut u8;
            zx_object_get_info(self.0, topic, to, size_of::<T>(), null_mut(), null_mut())
        })?;
        Ok(info)
    }
}

struct Vmo(Handle);

impl Vmo {
    fn create(size: u64) -> Result<Self> {
        Self::create_with_opts(0, size)
    }
    fn create_with_opts(options: u32, size: u64) -> Result<Self> {
        Handle::make(|out| unsafe { zx_vmo_create(size, options, out) }).map(Vmo)
    }
    fn create_contiguous(bti: zx_handle_t, size: usize) -> Result<Self> {
        Handle::make(|out| unsafe { zx_vmo_create_contiguous(bti, size, 0, out) }).map(Vmo)
    }
    fn child(&self, options: u32, size: u64) -> Result<Self> {
        Handle::make(|out| unsafe { zx_vmo_create_child(self.raw(), options, 0, size, out) })
            .map(Vmo)
    }
    fn duplicate(&self) -> Result<Self> {
        Handle::make(|out| unsafe { zx_handle_duplicate(self.raw(), ZX_RIGHT_SAME_RIGHTS, out) })
            .map(Vmo)
    }
    fn replace_as_executable(self) -> Result<Self> {
        let raw = self.raw();
        std::mem::forget(self);
        Handle::make(|out| unsafe { zx_vmo_replace_as_executable(raw, 0, out) }).map(Vmo)
    }
    fn raw(&self) -> zx_handle_t {
        self.0 .0
    }
    fn size(&self) -> u64 {
        let mut size = 0;
        ok(unsafe { zx_vmo_get_size(self.raw(), &mut size) }).unwrap();
        size
    }
    fn set_size(&self, size: u64) -> Result<()> {
        ok(unsafe { zx_vmo_set_size(self.raw(), size) })
    }
    fn stream_size(&self) -> u64 {
        let mut size = 0;
        ok(unsafe { zx_vmo_get_stream_size(self.raw(), &mut size) }).unwrap();
        size
    }
    fn set_stream_size(&self, size: u64) -> Result<()> {
        ok(unsafe { zx_vmo_set_stream_size(self.raw(), size) })
    }
    fn content_size(&self) -> u64 {
        let mut size = 0u64;
        let to = &mut size as *mut u64 as *mut _;
        ok(unsafe { zx_object_get_property(self.raw(), ZX_PROP_VMO_CONTENT_SIZE, to, 8) }).unwrap();
        size
    }
    fn set_content_size(&self, size: u64) -> Result<()> {
        let from = &size as *const u64 as *const _;
        ok(unsafe { zx_object_set_property(self.raw(), ZX_PROP_VMO_CONTENT_SIZE, from, 8) })
    }
    fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0xee; len];
        ok(unsafe { zx_vmo_read(self.raw(), bytes.as_mut_ptr(), offset, len) })?;
        Ok(bytes)
    }
    fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        ok(unsafe { zx_vmo_write(self.raw(), bytes.as_ptr(), offset, bytes.len()) })
    }
    fn op_range(&self, op: u32, offset: u64, size: u64) -> Result<()> {
        ok(unsafe { zx_vmo_op_range(self.raw(), op, offset, size, null_mut(), 0) })
    }
    fn flags(&self) -> u32 {
        self.0.info::<zx_info_vmo_t>(ZX_INFO_VMO).unwrap().flags
    }
    fn rights(&self) -> zx_rights_t {
        self.0.info::<zx_info_handle_basic_t>(ZX_INFO_HANDLE_BASIC).unwrap().rights
    }
}

fn layouts() {
    assert_eq!(size_of::<zx_info_vmo_t>(), 176);
    assert_eq!(offset_of!(zx_info_vmo_t, populated_bytes), 120);
    assert_eq!(size_of::<zx_info_maps_t>(), 152);
    assert_eq!(offset_of!(zx_info_maps_t, mapping), 64);
    assert_eq!(size_of::<zx_info_handle_basic_t>(), 32);
}

fn sizes() -> Result<()> {
    assert_eq!(Vmo::create(16 << 20)?.size(), 16 << 20);
    let resizable = Vmo::create_with_opts(ZX_VMO_RESIZABLE, 4096)?;
    resizable.set_size(8192)?;
    assert_eq!(resizable.size(), 8192);
    let fixed = Vmo::create(4096)?;
    assert_eq!(fixed.set_size(8192), Err(ZX_ERR_UNAVAILABLE));
    assert_eq!(fixed.size(), 4096);
    assert_eq!(Vmo::create_contiguous(0, 4096).err(), Some(ZX_ERR_BAD_HANDLE));

    let content = Vmo::create_with_opts(ZX_VMO_RESIZABLE, 1024)?;
    assert_eq!(content.content_size(), 1024);
    content.set_content_size(0)?;
    content.write(b"abc", 0)?;
    assert_eq!(content.content_size(), 0);

    let unbounded = Vmo::create_with_opts(ZX_VMO_UNBOUNDED, 1300)?;
    assert_eq!(unbounded.stream_size(), 1300);
    unbounded.set_stream_size(0)?;
    unbounded.write(b"sixsix", 0)?;
    assert_eq!(unbounded.stream_size(), 0);
    unbounded.set_stream_size(6)?;
    assert_eq!(unbounded.read(0, 6)?, vec![0; 6]);
    Ok(())
}

fn children() -> Result<()> {
    let vmo = Vmo::create(4096)?;
    vmo.write(b"parent", 0)?;
    for options in [ZX_VMO_CHILD_SNAPSHOT, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE] {
        let child = vmo.child(options, 4096)?;
        assert_ne!(child.flags() & ZX_INFO_VMO_IS_COW_CLONE, 0);
        assert_eq!(child.read(0, 6)?, b"parent");
    }
    let slice = vmo.child(ZX_VMO_CHILD_SLICE | ZX_VMO_CHILD_NO_WRITE, 4096)?;
    assert_eq!(slice.flags() & ZX_INFO_VMO_IS_COW_CLONE, 0);
    assert_eq!(slice.write(b"x", 0), Err(ZX_ERR_ACCESS_DENIED));
    assert_eq!(vmo.duplicate()?.read(0, 6)?, b"parent");
    assert_eq!(vmo.read(4090, 7), Err(ZX_ERR_OUT_OF_RANGE));
    Ok(())
}

fn ranges() -> Result<()> {
    let vmo = Vmo::create(12)?;
    for op in [ZX_VMO_OP_LOCK, ZX_VMO_OP_UNLOCK] {
        assert_eq!(vmo.op_range(op, 0, 4096), Err(ZX_ERR_NOT_SUPPORTED));
    }
    for op in ZX_VMO_OP_CACHE_SYNC..=ZX_VMO_OP_CACHE_CLEAN_INVALIDATE {
        assert_eq!(vmo.op_range(op, 0, 12), Ok(()), "operation {op}");
    }
    vmo.write(&[7; 12], 0)?;
    vmo.op_range(ZX_VMO_OP_ZERO, 3, 4)?;
    assert_eq!(vmo.read(0, 12)?, [7, 7, 7, 0, 0, 0, 0, 7, 7, 7, 7, 7]);

    assert_eq!(vmo.rights() & ZX_RIGHT_EXECUTE, 0);
    let vmo = vmo.replace_as_executable()?;
    assert_ne!(vmo.rights() & ZX_RIGHT_EXECUTE, 0);
    Ok(())
}

fn names() -> Result<()> {
    let vmo = Vmo::create(0)?;
    let mut name = [0u8; 32];
    name[..6].copy_from_slice(b"crates");
    ok(unsafe { zx_object_set_property(vmo.raw(), ZX_PROP_NAME, name.as_ptr() as *const _, 32) })?;
    let mut seen = [0xffu8; 32];
    ok(unsafe { zx_object_get_property(vmo.raw(), ZX_PROP_NAME, seen.as_mut_ptr() as *mut _, 32) })?;
    assert_eq!(&seen[..7], b"crates\0");
    Ok(())
}

fn regions() -> Result<()> {
    let page = unsafe { zx_system_get_page_size() } as usize;
    let mut base = 0;
    let vmar = Handle::make(|out| unsafe {
        let can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE;
        zx_vmar_allocate(zx_vmar_root_self(), can, 0, 1 << 20, out, &mut base)
    })?;
    let info: zx_info_vmar_t = vmar.info(ZX_INFO_VMAR)?;
    assert_eq!((info.base, info.len), (base, 1 << 20));

    let vmo = Vmo::create(2 * page as u64)?;
    let mut at = 0;
    ok(unsafe {
        let perms = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
        zx_vmar_map(vmar.0, perms, 0, vmo.raw(), 0, 2 * page, &mut at)
    })?;
    unsafe { ((at + page) as *mut u64).write_volatile(0x0102_0304) };
    assert_eq!(vmo.read(page as u64, 4)?, [4, 3, 2, 1]);

    // As long as the vector is too small, twice of what there is.
    let mut maps = vec![zx_info_maps_t::default(); 1];
    loop {
        let (mut actual, mut avail) = (0, 0);
        ok(unsafe {
            let size = maps.len() * size_of::<zx_info_maps_t>();
            let to = maps.as_mut_ptr() as *mut u8;
            zx_object_get_info(vmar.0, ZX_INFO_VMAR_MAPS, to, size, &mut actual, &mut avail)
        })?;
        if actual == avail {
            maps.truncate(actual);
            break;
        }
        maps = vec![zx_info_maps_t::default(); 2 * avail];
    }
    let mapping = maps.iter().find(|m| m.type_ == ZX_INFO_MAPS_TYPE_MAPPING && m.base == at).unwrap();
    assert_eq!(mapping.size, 2 * page);
    assert_eq!(mapping.mapping.mmu_flags, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE);
    let koid = vmo.0.info::<zx_info_handle_basic_t>(ZX_INFO_HANDLE_BASIC)?.koid;
    assert_eq!(mapping.mapping.vmo_koid, koid);

    ok(unsafe { zx_vmar_unmap(vmar.0, at, page) })?;
    ok(unsafe { zx_vmar_destroy(vmar.0) })
}

fn waits() -> Result<()> {
    let event = Handle::make(|out| unsafe { zx_event_create(0, out) })?;
    let mut seen = 0;
    let soon = unsafe { zx_clock_get_monotonic() } + 1_000_000;
    let status = unsafe { zx_object_wait_one(event.0, ZX_USER_SIGNAL_0, soon, &mut seen) };
    assert_eq!(status, ZX_ERR_TIMED_OUT);
    ok(unsafe { zx_object_signal(event.0, 0, ZX_USER_SIGNAL_0) })?;
    ok(unsafe { zx_object_wait_one(event.0, ZX_USER_SIGNAL_0, i64::MAX, &mut seen) })?;
    assert_eq!(seen & ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_0);

    let mut random = [0u8; 32];
    unsafe { zx_cprng_draw(random.as_mut_ptr(), random.len()) };
    assert_ne!(random, [0; 32]);
    Ok(())
}

fn main() {
    layouts();
    sizes().unwrap();
    children().unwrap();
    ranges().unwrap();
    names().unwrap();
    regions().unwrap();
    waits().unwrap();
    println!("fine");
}
