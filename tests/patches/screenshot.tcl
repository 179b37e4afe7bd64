# Read by the window side of PureData: once the patch $VSCHAOS_SHOT_PATCH is drawn, it says where on
# the screen (left, top, width, height) in the file $VSCHAOS_SHOT_PLACE. Menus and Pd's own window
# are left out.

proc shot_window {} {
    foreach window [winfo children .] {
        if {[winfo class $window] eq "PatchWindow" && [info exists ::windowname($window)]
            && $::windowname($window) eq $::env(VSCHAOS_SHOT_PATCH)} { return $window }
    }
    return ""
}

proc shot_look {} {
    set window [shot_window]
    if {$window eq "" || ![winfo ismapped $window] || !$::loaded($window)} {
        after 100 shot_look
        return
    }
    wm withdraw .pdwindow
    $window configure -menu {}
    raise $window
    after 500 shot_tell $window
}

proc shot_tell {window} {
    update
    set canvas [tkcanvas_name $window]
    set file [open $::env(VSCHAOS_SHOT_PLACE).partial w]
    puts $file "[winfo rootx $canvas] [winfo rooty $canvas]\
        [winfo width $canvas] [winfo height $canvas]"
    close $file
    file rename $::env(VSCHAOS_SHOT_PLACE).partial $::env(VSCHAOS_SHOT_PLACE)
}

after 100 shot_look
