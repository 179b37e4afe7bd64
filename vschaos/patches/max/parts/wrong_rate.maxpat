{"patcher": {"fileversion": 1, "appversion": {"major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1}, "classnamespace": "box", "rect": [60.0, 90.0, 390.0, 20.0], "bglocked": 0, "openinpresentation": 1, "default_fontsize": 12.0, "default_fontface": 0, "default_fontname": "Arial", "gridsize": [2.0, 2.0], "boxes": [
{"box": {"id": "obj-3", "maxclass": "comment", "numinlets": 1, "numoutlets": 0, "outlettype": [], "presentation": 1, "presentation_rect": [0.0, 0.0, 390.0, 20.0], "text": "", "textcolor": [0.733, 0.337, 0.208, 1.0], "fontname": "Arial", "fontsize": 11.0, "patching_rect": [20.0, 248.0, 390.0, 20.0]}}, 
{"box": {"id": "obj-4", "maxclass": "newobj", "numinlets": 1, "numoutlets": 1, "outlettype": ["bang"], "text": "loadbang", "patching_rect": [1328.0, 20.0, 66.8, 22.0]}}, 
{"box": {"id": "obj-5", "maxclass": "newobj", "numinlets": 1, "numoutlets": 4, "outlettype": ["int", "float", "int", "int"], "text": "dspstate~", "patching_rect": [20.0, 104.0, 73.4, 22.0]}}, 
{"box": {"id": "obj-6", "maxclass": "newobj", "numinlets": 2, "numoutlets": 1, "outlettype": ["int"], "text": "!= #2", "patching_rect": [20.0, 140.0, 66.8, 22.0]}}, 
{"box": {"id": "obj-7", "maxclass": "newobj", "numinlets": 3, "numoutlets": 3, "outlettype": ["bang", "bang", ""], "text": "sel 0 1", "patching_rect": [20.0, 176.0, 60.199999999999996, 22.0]}}, 
{"box": {"id": "obj-8", "maxclass": "message", "numinlets": 2, "numoutlets": 1, "outlettype": [""], "text": "set Max runs at #2 Hz as it should.", "patching_rect": [20.0, 212.0, 264.79999999999995, 22.0]}}, 
{"box": {"id": "obj-9", "maxclass": "message", "numinlets": 2, "numoutlets": 1, "outlettype": [""], "text": "set Set Max to #2 Hz (Options > Audio Status): it sounds wrong now.", "patching_rect": [298.79999999999995, 212.0, 410.0, 22.0]}}, 
{"box": {"id": "note", "maxclass": "comment", "numinlets": 1, "numoutlets": 0, "outlettype": [], "text": "#2 is the model's rate in Hz.", "patching_rect": [20.0, -40.0, 600.0, 48.0], "linecount": 2}}], "lines": [
{"patchline": {"source": ["obj-4", 0], "destination": ["obj-5", 0]}}, 
{"patchline": {"source": ["obj-5", 1], "destination": ["obj-6", 0]}}, 
{"patchline": {"source": ["obj-6", 0], "destination": ["obj-7", 0]}}, 
{"patchline": {"source": ["obj-7", 0], "destination": ["obj-8", 0]}}, 
{"patchline": {"source": ["obj-8", 0], "destination": ["obj-3", 0]}}, 
{"patchline": {"source": ["obj-7", 1], "destination": ["obj-9", 0]}}, 
{"patchline": {"source": ["obj-9", 0], "destination": ["obj-3", 0]}}], "bgcolor": [0.878, 0.847, 0.788, 1.0], "editing_bgcolor": [0.878, 0.847, 0.788, 1.0]}}
